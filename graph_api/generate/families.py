"""Divisions of the made-up seller and the families of work they do."""

from typing import Final, NamedTuple

from graph_api.generate.tables import items, rows


class Division(NamedTuple):
    """A part of the seller that units belong to; `weight` is its share of the units."""

    key: str
    name: str
    weight: int


class Family(NamedTuple):
    """A kind of work that comes again: who leads it, what it needs, how long, how large and under whose rules.

    `days` and `yuan` are ranges, both ends included; `regulations` are written `authority:name`.
    """

    key: str
    title: str
    division: str
    skills: tuple[str, ...]
    days: tuple[int, int]
    yuan: tuple[int, int]
    weight: int
    regulations: tuple[str, ...]


_DIVISIONS: Final = """
operations | Marketplace operations | 14
live | Live commerce | 10
logistics | Cross-border logistics | 14
customs | Customs and trade compliance | 10
tax | Tax and finance | 7
engineering | Product engineering | 12
data | Data and algorithms | 7
sourcing | Sourcing and quality | 9
brand | Brand and content | 7
service | Customer service | 8
payments | Payments and risk | 5
legal | Legal and intellectual property | 5
"""

_FAMILIES: Final = """
clearance-mexico | Clear a shipment through customs in Mexico | customs | mexico-customs-clearance,hs-classification,\
  mexico-import-tax,logistics-exceptions,spanish-negotiation | 8-30 | 60-400 | 8 | mx-sat:pedimento
clearance-eu | Clear a shipment through customs in the EU | customs | eu-customs-clearance,hs-classification,eu-vat,\
  logistics-exceptions | 8-28 | 60-380 | 9 | eu-taxud:import-control
clearance-indonesia | Clear a shipment through customs in Indonesia | customs | indonesia-customs-clearance,\
  hs-classification,southeast-asia-tax | 9-32 | 50-300 | 6 | id-djbc:import-notice
clearance-us | Enter a shipment into the US | customs | us-customs-entry,hs-classification,origin-certificates | \
  6-24 | 60-420 | 7 | us-cbp:entry-summary
bonded-filing | File goods for a bonded warehouse | customs | bonded-warehouse-filing,export-declaration,\
  warehouse-system | 10-35 | 40-200 | 5 | cn-gacc:bonded-goods
tax-southeast-asia | Set up taxes for a Southeast Asian store | tax | southeast-asia-tax,multi-currency-accounting,\
  store-operations-sea | 15-50 | 40-260 | 6 | id-djp:vat-collection
tax-rebate | Reclaim export taxes | tax | export-tax-rebate,export-declaration,cost-accounting | 12-45 | 30-260 | \
  6 | cn-sta:export-rebate
vat-registration | Register a store for EU value added tax | tax | eu-vat,multi-currency-accounting,\
  german-negotiation | 15-55 | 30-180 | 5 | eu-taxud:one-stop-shop
settlement | Settle a quarter across currencies | payments | cross-border-settlement,multi-currency-accounting,\
  anti-money-laundering | 10-30 | 30-220 | 5 | cn-safe:settlement
chargebacks | Answer a wave of chargebacks | payments | chargeback-handling,fraud-models,dispute-resolution | 5-20 | \
  20-160 | 6 |
payment-onboarding | Connect a local payment method | payments | payment-integration,cross-border-settlement,\
  data-protection | 20-60 | 60-320 | 4 |
live-launch | Launch a live room | live | tiktok-live-scripts,live-room-control,live-traffic-buying,\
  creator-matching | 7-28 | 50-360 | 9 |
live-spanish | Run a Spanish live-selling month | live | live-hosting-spanish,tiktok-live-scripts,\
  short-video-editing,localization | 10-32 | 50-300 | 6 |
live-indonesian | Run an Indonesian live-selling month | live | live-hosting-indonesian,tiktok-live-scripts,\
  last-mile-southeast-asia | 10-32 | 40-260 | 6 |
creator-campaign | Run a creator campaign | brand | creator-matching,short-video-editing,brand-storytelling,\
  advertising-analytics | 10-40 | 40-320 | 7 |
brand-site | Renew a brand site | brand | storefront-engineering,brand-storytelling,localization,photo-studio | \
  25-70 | 80-500 | 4 |
listing-refresh | Refresh listings of a category | operations | listing-optimization,localization,photo-studio,\
  search-advertising | 5-22 | 20-160 | 10 |
store-latam | Open a store in Latin America | operations | store-operations-latam,spanish-negotiation,pricing,\
  last-mile-latin-america | 20-65 | 80-520 | 5 |
store-sea | Open a store in Southeast Asia | operations | store-operations-sea,pricing,southeast-asia-tax,\
  indonesian-support | 20-60 | 60-420 | 6 |
store-europe | Open a store in Europe | operations | store-operations-europe,pricing,eu-vat,german-negotiation | \
  20-65 | 80-520 | 5 |
promotion | Prepare a great promotion | operations | campaign-planning,inventory-planning,pricing,\
  search-advertising | 12-45 | 100-700 | 9 |
account-appeal | Appeal the closing of a store | operations | account-appeals,dispute-resolution,english-support | \
  4-18 | 20-140 | 6 |
peak-freight | Book freight for a peak | logistics | ocean-freight-booking,air-freight-booking,\
  first-mile-consolidation,route-planning | 8-35 | 80-600 | 8 |
lost-parcels | Trace lost parcels | logistics | logistics-exceptions,returns-handling,english-support | 3-15 | \
  10-90 | 10 |
warehouse-opening | Open an overseas warehouse | logistics | overseas-warehouse,warehouse-system,\
  last-mile-latin-america | 30-80 | 150-800 | 3 |
dangerous-shipment | Ship dangerous goods | logistics | dangerous-goods,ocean-freight-booking,export-declaration | \
  10-35 | 50-260 | 4 | un-icao:technical-instructions
order-system-change | Change the order system | engineering | order-system,data-pipelines,site-reliability | 10-45 | \
  60-360 | 8 |
customs-interface | Connect a customs data interface | engineering | customs-data-interface,order-system,\
  hs-classification | 15-55 | 60-340 | 5 |
mobile-release | Release the seller app | engineering | mobile-engineering,storefront-engineering,data-protection | \
  12-40 | 50-280 | 6 |
forecast | Forecast a season | data | demand-forecasting,data-pipelines,inventory-planning | 10-35 | 40-260 | 6 |
recommender | Tune recommendations | data | recommendation,data-pipelines,advertising-analytics | 12-45 | 40-280 | \
  5 |
supplier-change | Bring in a new supplier | sourcing | factory-audit,supplier-negotiation,quality-inspection,\
  packaging-design | 20-65 | 60-420 | 6 |
quality-case | Settle a quality case | sourcing | quality-inspection,supplier-negotiation,returns-handling | 5-25 | \
  20-180 | 7 |
support-wave | Staff a wave of support | service | english-support,indonesian-support,dispute-resolution,\
  localization | 5-25 | 20-150 | 9 |
trademark | Register a trademark | legal | trademark-filing,patent-clearance,brand-storytelling | 30-80 | 30-180 | \
  4 | cn-cnipa:trademark-law
"""

_RARE_FAMILIES: Final = """
medical-approval | Obtain approval for medical goods | legal | product-safety-eu,cosmetics-registration,\
  data-protection | 220-320 | 900-2400 | 3 | us-fda:device-listing
rail-corridor | Open a rail corridor for battery goods | logistics | dangerous-goods,first-mile-consolidation,\
  route-planning | 200-300 | 900-2600 | 3 | cn-nra:dangerous-goods-by-rail
tax-ruling | Obtain an advance tax ruling | tax | transfer-pricing,eu-vat,us-sales-tax | 240-330 | 700-2000 | 2 | \
  de-bzst:advance-ruling
warehouse-migration | Replace the warehouse system | engineering | warehouse-system,data-pipelines,\
  site-reliability | 210-310 | 900-2500 | 2 |
"""


def _range(cell: str, scale: int = 1) -> tuple[int, int]:
    low, _, high = cell.partition("-")
    return int(low) * scale, int(high) * scale


def _read(table: str) -> tuple[Family, ...]:
    return tuple(
        Family(key, title, division, items(skills), _range(days), _range(yuan, 1000), int(weight), items(regulations))
        for key, title, division, skills, days, yuan, weight, regulations in rows(table)
    )


DIVISIONS: Final = tuple(Division(key, name, int(weight)) for key, name, weight in rows(_DIVISIONS))
FAMILIES: Final = _read(_FAMILIES)
RARE_FAMILIES: Final = _read(_RARE_FAMILIES)
"""Long cycles that come seldom: here `weight` is the number of tasks, at whatever scale."""

SECOND_AUTHORITIES: Final = ("cn-gacc:export-control", "cn-samr:product-quality", "eu-ec:product-safety")
"""Given beside the first authority to the tasks planted as crossing several regulations."""
