"""Words that say nothing about the work by themselves: function words, praise, and that the work is done."""

from typing import Final

_ENGLISH: Final = """
a about above after again all almost along also although always
am an and another any anybody anyone anything are around as at away be because been before being below between both
but by can cannot could did do does doing done down during each either else etc even ever every everybody everyone
everything few for further get gets getting give given go goes going gone got had has have having he hence her here
hers him his how however i if in indeed into is it its itself just keep kept know let like likewise lot lots made
make makes making many may maybe me mean might mine more moreover most much must my myself near nearly neither never
next no nobody none nor not nothing now of off often on once one only onto or other others our ours out over own per
perhaps quite rather really said same say see seem seemed seems seen several shall she should since so some somebody
someone something sometimes somewhat soon still such take taken takes than that the their theirs them then there
these they thing things this those though through thus till to together too toward towards two under until up upon
us use used very was way we well went were what whatever when where whether which while who whole whom whose why
will with within without would yes yet you your yours ll ve re don doesn didn isn wasn aren weren won wouldn couldn
shouldn able accordance according achieve achieved achievement additional additionally amazing appreciate
appreciated approach appropriate awesome bad basic basically best better big came close closed cool come completed
complete completely completion congratulations continue cooperation delivered difficult difficulty easy effective
effectively efficient efficiently effort efforts encountered end ended everyday excellent execute executed execution
expected experience experiences fantastic fine finally finish finished first follow followed following fully future
general generally glad goal goals good grateful great guess guys handled happened happy hard help helped helpful hi
hello honest honestly hope huge important issue issues job kind last learn learned learning learnings learnt lesson
lessons long look looking main major manage managed matter member members mention mostly need needed new nice normal
normally noted notes note objective objectives ok okay overall participated particular particularly part parts
people perfect perfectly period person place plan planned please point points positive possible problem problems
proceed proceeded process processes professional project projects proper properly quick quickly ready reasonable
report reported requirement requirements required respective result results right role routine satisfied share
shared short simple simply situation small smooth smoothly special standard start started status step steps stuff
success successful successfully summary super support supported sure task tasks team teams teamwork thank thanks
think thought time times timely total totally tried try trying unusual usual usually various want wanted week
wonderful wont work worked working works worth write written wrong alright blah bla lorem ipsum dolor sit amet nil
na tbd test testing asap fyi lol wow yeah yep nope
"""
_CHINESE: Final = """
的 了 是 在 有 和 与 及 或 也 都 就 还 又 很 太 最 更 非常 十分 比较 特别 一个 一些 一定 一切 一般 一起 一样 这个
那个 这些 那些 这次 这里 那里 这 那 我们 你们 他们 大家 我 你 他 她 它 们 自己 什么 没有 没什么 没 不 无 不是 可以
能够 能 会 要 需要 应该 必须 把 被 对 对于 从 到 向 给 让 使 以 为 为了 因为 所以 但是 但 然后 之后 以后 以前 之前
时候 如果 虽然 而且 并且 并 而 其 其他 以及 通过 根据 按照 关于 由于 等 等等 等方面 方面 中 上 下 里 内 外 个 次 些
点 种 各 每 该 此 本 将 已 已经 正在 着 过 来 去 做 进行 开展 完成 顺利 圆满 成功 任务 工作 项目 本次 此次 整个 整体
总体 总的来说 过程 结果 效果 情况 问题 特殊 异常 正常 一切正常 良好 很好 不错 挺好 还好 还行 可以的 好的 好 棒 优秀
满意 认真 努力 积极 配合 负责 及时 按时 高效 有效 提高 提升 加强 继续 保持 学习 学到 收获 很多 许多 不少 经验 教训
总结 体会 感受 感谢 谢谢 领导 同事 团队 合作 协作 沟通 支持 帮助 指导 关心 希望 今后 未来 再接再厉 更加 进一步 不断
争取 取得 成绩 达到 预期 目标 要求 标准 计划 安排 相关 有关 具体 基本 主要 重要 关键 全部 所有 全面 各项 各个 方法
方式 流程 步骤 开始 结束 最后 最终 首先 其次 暂无 略 见附件 同上 收到 知道 明白 了解 觉得 认为 感觉 说 想 看 知 道
啊 呢 吧 吗 呀 哦 嗯 哈 哈哈 嘿 哎 呵 啦 嘛 今天 昨天 明天 这周 本周 上周 时间 人 事 事情 东西 大 小 多 少 如上 如下
如前 补充 内容 记录 经历 心得 不错的 顺畅 落实 做好 做到 到位 扎实 稳步 推进 圆满完成 顺利完成 认真负责 齐心协力
共同努力 受益匪浅
"""
ENGLISH: Final = frozenset(_ENGLISH.split())
CHINESE: Final = tuple(sorted(_CHINESE.split(), key=len, reverse=True))
"""Longest first, as the longest is taken out of a text."""
