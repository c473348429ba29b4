"""What members of simulated swarms write: made of parts, each time otherwise."""

from random import Random
from typing import Final

_ENGLISH: Final = (
    ("The broker in", "The tax office in", "Our forwarder in", "The bank in", "The warehouse team in", "The buyer in"),
    ("Veracruz", "Manzanillo", "Monterrey", "Lima", "Bogota", "Santos", "Callao", "Tijuana", "Puebla", "Valparaiso"),
    (
        "wants the certificate of origin", "refuses invoices without the pedimento", "asks for the import licence",
        "needs the packing list in Spanish", "compares weights with the bill of lading", "calls about each sample",
        "checks the tariff code by hand", "stops refunds without a stamped receipt",
    ),
    ("before the ship arrives", "by noon on Fridays", "two days ahead", "once a month", "for every pallet", "at night"),
    (
        "so book the slot with the agent first", "so keep a signed copy in the shared folder",
        "so ask for the contract number early", "so send photos of the labels along", "so plan one more day for it",
        "so let finance see the draft", "so agree on who answers the phone", "so write the order number on top",
    ),
)  # fmt: skip
_CHINESE: Final = (
    ("墨西哥的报关行", "秘鲁的税务局", "智利的货代", "巴西的银行", "哥伦比亚的仓库", "阿根廷的买家"),
    ("要求提前两天提交", "每周五中午前核对", "只接受盖章的", "会退回没有编号的", "需要西班牙语的", "要我们重新翻译"),
    ("原产地证明", "进口许可文件", "装箱单和发票", "增值税退税材料", "产品检测报告", "托盘重量清单"),
    (
        "，否则货柜要在港口多等三天",
        "，不然退款会被冻结两周",
        "，漏了就要重新排队",
        "，少一页都不行",
        "，电话里说的不算",
    ),
    (
        "，下次先把扫描件放进共享文件夹。",
        "，以后由财务先看一遍。",
        "，所以要早点问客户要合同号。",
        "，最好请当地同事打电话确认。",
    ),
)


def told(chance: Random, language: str) -> str:
    """Return an experience in a language, "en" or "zh", of at least the length that is asked for."""
    if language == "zh":
        return "".join(map(chance.choice, _CHINESE)) + f"第{chance.randint(2, 99)}号订单就是这样。"
    first = " ".join(map(chance.choice, _ENGLISH))
    return f"{first}. On order {chance.randint(100, 999)} it took {chance.randint(2, 30)} hours more."
