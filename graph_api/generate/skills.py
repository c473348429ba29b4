"""The skill tags of the made-up seller, with their Chinese names, kinds and the divisions that live on them."""

from typing import Final, NamedTuple

from graph_api.generate.tables import items, rows
from graph_api.kernel.ids import entity_id


class SkillTag(NamedTuple):
    """One skill: `divisions` hold it as a topic; none for a planted skill that exactly one person holds."""

    key: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    divisions: tuple[str, ...]
    broader: str | None

    @property
    def id(self) -> str:
        """The id of the skill's node."""
        return entity_id("skill", self.key)


_BROAD: Final = """
customs-clearance | Customs clearance | 清关 | regulatory
tax | Tax | 税务 | regulatory
live-commerce | Live commerce | 直播电商 | commercial
logistics | Logistics | 物流 | technical
marketplace | Marketplace operations | 平台运营 | commercial
software | Software engineering | 软件工程 | technical
data | Data work | 数据 | technical
language | Business language | 商务语言 | other
product-compliance | Product compliance | 产品合规 | regulatory
supply | Sourcing and supply | 采购与供应 | commercial
"""

_SKILLS: Final = """
mexico-customs-clearance | Mexico customs clearance | 墨西哥清关,Despacho aduanero en México | regulatory | customs,\
  logistics | customs-clearance
hs-classification | HS code classification | HS编码归类 | regulatory | customs | customs-clearance
eu-customs-clearance | EU customs clearance | 欧盟清关 | regulatory | customs,logistics | customs-clearance
indonesia-customs-clearance | Indonesia customs clearance | 印尼清关 | regulatory | customs | customs-clearance
us-customs-entry | US customs entry | 美国报关 | regulatory | customs,logistics | customs-clearance
origin-certificates | Certificates of origin | 原产地证书 | regulatory | customs,sourcing | customs-clearance
bonded-warehouse-filing | Bonded warehouse filing | 保税仓备案 | regulatory | customs,logistics | customs-clearance
export-declaration | Export declaration | 出口报关 | regulatory | customs,sourcing | customs-clearance
southeast-asia-tax | Southeast Asia tax | 东南亚税务专家,东南亚税务 | regulatory | tax | tax
mexico-import-tax | Mexico import tax | 墨西哥进口税务 | regulatory | tax,customs | tax
eu-vat | EU value added tax | 欧盟增值税 | regulatory | tax | tax
export-tax-rebate | Export tax rebate | 出口退税 | regulatory | tax | tax
transfer-pricing | Transfer pricing | 转让定价 | regulatory | tax | tax
us-sales-tax | US sales tax | 美国销售税 | regulatory | tax | tax
multi-currency-accounting | Multi-currency accounting | 多币种核算 | commercial | tax,payments |
cost-accounting | Landed cost accounting | 到岸成本核算 | commercial | tax,sourcing |
tiktok-live-scripts | TikTok live-selling scripts | TikTok直播话术优化师 | commercial | live,brand | live-commerce
live-hosting-english | Live hosting in English | 英语带货主播 | commercial | live | live-commerce
live-hosting-spanish | Live hosting in Spanish | 西班牙语带货主播 | commercial | live | live-commerce
live-hosting-indonesian | Live hosting in Indonesian | 印尼语带货主播 | commercial | live | live-commerce
live-room-control | Live room control | 直播间场控 | technical | live | live-commerce
live-traffic-buying | Live traffic buying | 直播投流 | commercial | live,data | live-commerce
creator-matching | Creator matching | 达人撮合 | commercial | live,brand | live-commerce
short-video-editing | Short video editing | 短视频剪辑 | technical | live,brand | live-commerce
logistics-exceptions | Cross-border logistics exceptions | 跨境物流异常处理 | technical | logistics,service | \
  logistics
first-mile-consolidation | First-mile consolidation | 头程集货 | technical | logistics | logistics
ocean-freight-booking | Ocean freight booking | 海运订舱 | commercial | logistics | logistics
air-freight-booking | Air freight booking | 空运订舱 | commercial | logistics | logistics
last-mile-latin-america | Last mile in Latin America | 拉美尾程配送 | technical | logistics | logistics
last-mile-southeast-asia | Last mile in Southeast Asia | 东南亚尾程配送 | technical | logistics | logistics
overseas-warehouse | Overseas warehouse operation | 海外仓运营 | technical | logistics,sourcing | logistics
returns-handling | Cross-border returns handling | 跨境退货处理 | other | logistics,service | logistics
dangerous-goods | Dangerous goods shipping | 危险品运输 | regulatory | logistics,customs | logistics
route-planning | Route planning | 路由规划 | technical | logistics,data | logistics
listing-optimization | Listing optimization | 商品详情优化 | commercial | operations,brand | marketplace
store-operations-latam | Store operations in Latin America | 拉美店铺运营 | commercial | operations | marketplace
store-operations-sea | Store operations in Southeast Asia | 东南亚店铺运营 | commercial | operations | marketplace
store-operations-europe | Store operations in Europe | 欧洲店铺运营 | commercial | operations | marketplace
campaign-planning | Campaign planning | 大促策划 | commercial | operations,brand | marketplace
account-appeals | Store account appeals | 店铺申诉 | other | operations,legal | marketplace
pricing | Cross-border pricing | 跨境定价 | commercial | operations,data | marketplace
inventory-planning | Inventory planning | 库存计划 | technical | operations,sourcing | supply
factory-audit | Factory audit | 验厂 | other | sourcing | supply
supplier-negotiation | Supplier negotiation | 供应商谈判 | commercial | sourcing | supply
quality-inspection | Quality inspection | 质检 | technical | sourcing | supply
packaging-design | Packaging design | 包装设计 | other | sourcing,brand | supply
order-system | Order system engineering | 订单系统开发 | technical | engineering | software
customs-data-interface | Customs data interfaces | 报关数据接口 | technical | engineering,customs | software
warehouse-system | Warehouse system engineering | 仓储系统开发 | technical | engineering,logistics | software
payment-integration | Payment integration | 支付接入 | technical | engineering,payments | software
storefront-engineering | Storefront engineering | 独立站开发 | technical | engineering | software
mobile-engineering | Mobile engineering | 移动端开发 | technical | engineering | software
site-reliability | Site reliability | 稳定性保障 | technical | engineering | software
data-pipelines | Data pipelines | 数据管道 | technical | data,engineering | data
demand-forecasting | Demand forecasting | 需求预测 | technical | data,sourcing | data
recommendation | Recommendation models | 推荐算法 | technical | data | data
advertising-analytics | Advertising analytics | 广告分析 | commercial | data,brand | data
fraud-models | Fraud models | 反欺诈模型 | technical | data,payments | data
localization | Localization | 本地化 | other | brand,service | language
brand-storytelling | Brand storytelling | 品牌叙事 | commercial | brand |
search-advertising | Search advertising | 搜索广告 | commercial | brand,operations |
photo-studio | Product photography | 商品摄影 | other | brand |
spanish-negotiation | Spanish business negotiation | 西班牙语商务谈判 | commercial | service,operations,customs | \
  language
german-negotiation | German business negotiation | 德语商务谈判 | commercial | service,operations | language
indonesian-support | Customer support in Indonesian | 印尼语客服 | other | service | language
english-support | Customer support in English | 英语客服 | other | service | language
dispute-resolution | Dispute resolution | 纠纷处理 | other | service,legal |
chargeback-handling | Chargeback handling | 拒付处理 | commercial | payments,service |
cross-border-settlement | Cross-border settlement | 跨境结算 | commercial | payments,tax |
anti-money-laundering | Anti-money-laundering review | 反洗钱审查 | regulatory | payments,legal |
trademark-filing | Trademark filing | 商标注册 | regulatory | legal |
patent-clearance | Patent clearance | 专利排查 | regulatory | legal,sourcing |
data-protection | Data protection | 数据保护 | regulatory | legal,engineering |
product-safety-eu | EU product safety | 欧盟产品安全 | regulatory | legal,sourcing | product-compliance
cosmetics-registration | Cosmetics registration | 化妆品备案 | regulatory | legal,customs | product-compliance
"""

_SINGLE_HOLDER: Final = """
pharma-import-permits | Import permits for medical goods | 医疗器械进口许可 | regulatory |  | product-compliance
legacy-warehouse-protocol | Legacy warehouse protocol | 旧仓储协议 | technical |  | software
lithium-battery-rail | Lithium batteries by rail | 锂电池铁路运输 | regulatory |  | logistics
advance-tax-ruling | Advance tax rulings | 预先裁定 | regulatory |  | tax
portuguese-negotiation | Portuguese business negotiation | 葡萄牙语商务谈判 | commercial |  | language
"""


def _read(table: str) -> tuple[SkillTag, ...]:
    return tuple(
        SkillTag(key, name, items(aliases), kind, items(divisions), broader or None)
        for key, name, aliases, kind, divisions, broader in rows(table)
    )


BROAD_SKILLS: Final = tuple(
    SkillTag(key, name, items(aliases), kind, (), None) for key, name, aliases, kind in rows(_BROAD)
)
TOPIC_SKILLS: Final = _read(_SKILLS)
SINGLE_HOLDER_SKILLS: Final = _read(_SINGLE_HOLDER)
ALL_SKILLS: Final = BROAD_SKILLS + TOPIC_SKILLS + SINGLE_HOLDER_SKILLS
SKILL_BY_KEY: Final = {tag.key: tag for tag in ALL_SKILLS}
