"""Sources and a dictionary for tests of extraction."""

from graph_api.knowledge.extraction.dictionary import Dictionary, Known
from graph_api.knowledge.extraction.port import Source, SourceText

KNOWN = Dictionary(
    skills=(
        Known("customs-clearance", ("Customs clearance", "清关")),
        Known("customs-data-interface", ("Customs data interfaces", "报关数据接口")),
        Known("eu-customs-clearance", ("EU customs clearance", "欧盟清关")),
        Known("listing-optimization", ("Listing optimization", "商品详情优化")),
        Known("mexico-customs-clearance", ("Mexico customs clearance", "墨西哥清关", "Despacho aduanero en México")),
        Known("origin-certificates", ("Certificates of origin", "原产地证书")),
        Known("tax", ("Tax", "税务")),
        Known("tiktok-live-scripts", ("TikTok live-selling scripts", "TikTok直播话术优化师")),
    ),
    customers=(
        Known("c1", ("Hovwilsal Toys",)),
        Known("c2", ("Hovjunwil Beauty",)),
        Known("c3", ("Junnolvex Toys",)),
        Known("c4", ("Junnolvex Trading",)),
        Known("c5", ("华海贸易",)),
    ),
)
NOTES = (
    SourceText(
        "n1",
        "Good morning! The broker in Manzanillo wants the importer's RFC on every pedimento. Without the RFC the "
        "broker in Manzanillo holds the container for two more days. Lunch was fine.",
    ),
    SourceText("n2", "Hovwilsal now sends the RFC of the importer before the container leaves. Thanks to everybody!"),
)
DOCUMENTS = (
    SourceText("d1", "Checklist for a pedimento:\n- RFC of the importer\n- HS code, photo of the battery box\n"),
)
CHINESE = (
    SourceText("n3", "辛苦了！墨西哥清关时报关行要求每份申报单都写进口商税号。漏写税号的申报单会让集装箱多等两天。"),
)
SOURCE = Source(notes=NOTES, documents=DOCUMENTS, task_title="Clear toys in Mexico", dictionary=KNOWN)
