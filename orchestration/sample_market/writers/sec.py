"""A filing on SEC Form N-PORT: `primary_doc.xml`, a fund's holdings at the end of a quarter and its flows in three months.

Holdings stand in `formData` beside `fundInfo`, not inside it. `repPdEnd` is the end of the fiscal year and mostly not the
day reported on. What the simulation does not know is `N/A`; cash is an item of the balance sheet, not a holding.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from orchestration.sample_market.facts import FilingMonth, Position
from orchestration.sample_market.funds import Fund
from orchestration.sample_market.writers import NOTICE
from orchestration.sample_market.writers.domicile import local_ticker

OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?><edgarSubmission xmlns="http://www.sec.gov/edgar/nport" xmlns:com="http://www.sec.gov/edgar/common" '
    'xmlns:ncom="http://www.sec.gov/edgar/nportcommon" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)
ISSUERS = {"Treasuries": "UST", "Agency": "USGSE", "MBS Pass-Through": "USGSE", "Sovereign": "NUSS"}  # by sector; all others are companies
FISCAL_YEAR_ENDS = (3, 31)
SIGNED_AFTER = timedelta(days=31)
NOTHING = (
    "amtPayOneYrBanksBorr",
    "amtPayOneYrCtrldComp",
    "amtPayOneYrOthAffil",
    "amtPayOneYrOther",
    "amtPayAftOneYrBanksBorr",
    "amtPayAftOneYrCtrldComp",
    "amtPayAftOneYrOthAffil",
    "amtPayAftOneYrOther",
    "delayDeliv",
    "standByCommit",
    "liquidPref",
)
NOT_LENT = """        <securityLending>
          <isCashCollateral>N</isCashCollateral>
          <isNonCashCollateral>N</isNonCashCollateral>
          <isLoanByFund>N</isLoanByFund>
        </securityLending>
      </invstOrSec>"""


@cache
def _identity(name: str, terms: str, ticker: str, cusip: str, isin: str) -> str:
    """The elements of a holding before its figures. terms: what the title adds to the name."""
    listed = f"\n          <ticker value={quoteattr(local_ticker(ticker))}/>" if ticker else ""
    return f"""      <invstOrSec>
        <name>{escape(name)}</name>
        <lei>N/A</lei>
        <title>{escape(name + terms)}</title>
        <cusip>{cusip or "N/A"}</cusip>
        <identifiers>
          <isin value="{isin}"/>{listed}
        </identifiers>"""


@cache
def _nature(category: str, issuer: str, country: str, level: int, maturity: date | None, coupon: float) -> str:
    """The elements of a holding behind its figures."""
    debt = f"""
        <debtSec>
          <maturityDt>{maturity}</maturityDt>
          <couponKind>Fixed</couponKind>
          <annualizedRt>{coupon:.12f}</annualizedRt>
          <isDefault>N</isDefault>
          <areIntrstPmntsInArrs>N</areIntrstPmntsInArrs>
          <isPaidKind>N</isPaidKind>
        </debtSec>"""
    return f"""        <payoffProfile>Long</payoffProfile>
        <assetCat>{category}</assetCat>
        <issuerCat>{issuer}</issuerCat>
        <invCountry>{country}</invCountry>
        <isRestrictedSec>N</isRestrictedSec>
        <fairValLevel>{level}</fairValLevel>{debt if maturity else ""}
{NOT_LENT}"""


def _holding(position: Position, scale: float) -> str:
    """scale: from dollars to per cent of net assets."""
    security, quantity, _, value = position
    if security.maturity:
        terms, units, issuer = f" {security.coupon:g} {security.maturity:%m/%d/%Y}", "PA", ISSUERS.get(security.sector, "CORP")
        nature = _nature("DBT", issuer, security.country, 2, security.maturity, security.coupon)
    else:
        terms, units = "", "NS"
        nature = _nature("EC", "CORP", security.country, 1, None, 0.0)
    return f"""{_identity(security.name, terms, security.ticker, security.cusip, security.isin)}
        <balance>{quantity:.0f}</balance>
        <units>{units}</units>
        <curCd>{security.currency}</curCd>
        <valUSD>{value:.2f}</valUSD>
        <pctVal>{value * scale:.10f}</pctVal>
{nature}"""


def _fiscal_year_end(report_day: date) -> date:
    end = date(report_day.year, *FISCAL_YEAR_ENDS)
    return end if end >= report_day else date(report_day.year + 1, *FISCAL_YEAR_ENDS)


def nport(
    fund: Fund,
    series_id: str,
    cik: str,
    report_day: date,
    portfolio: Sequence[Position],
    cash: float,
    months: Sequence[FilingMonth],
    *,
    negative_redemptions: bool = False,
) -> bytes:
    """The document of one filing.

    report_day: last day of the quarter. cash: dollars. months: the three that end with report_day, oldest first.
    negative_redemptions: as some filers write them.
    """
    net_assets = sum(position.market_value for position in portfolio) + cash
    scale = 100 / net_assets
    sign = -1 if negative_redemptions else 1
    registrant = f"SIMULATED {fund.issuer} Trust"
    filer = cik.zfill(10)
    class_id = f"C{series_id[1:]}"
    flows = "\n".join(
        f'      <mon{number}Flow redemption="{sign * redemption:.2f}" reinvestment="{reinvestment:.2f}" sales="{sales:.2f}"/>'
        for number, (sales, reinvestment, redemption) in enumerate(months, start=1)
    )
    nothing = "\n".join(f"      <{name}>0.00</{name}>" for name in NOTHING)
    holdings = "\n".join([_holding(position, scale) for position in portfolio])
    unknown = "\n".join(f'        <othMon{number} netRealizedGain="N/A" netUnrealizedAppr="N/A"/>' for number in (1, 2, 3))
    document = f"""{OPENING}
  <!-- {NOTICE} -->
  <headerData>
    <submissionType>NPORT-P</submissionType>
    <isConfidential>false</isConfidential>
    <filerInfo>
      <filer>
        <issuerCredentials>
          <cik>{filer}</cik>
          <ccc>XXXXXXXX</ccc>
        </issuerCredentials>
      </filer>
      <seriesClassInfo>
        <seriesId>{series_id}</seriesId>
        <classId>{class_id}</classId>
      </seriesClassInfo>
    </filerInfo>
  </headerData>
  <formData>
    <genInfo>
      <regName>{escape(registrant)}</regName>
      <regFileNumber>811-00000</regFileNumber>
      <regCik>{filer}</regCik>
      <regLei>SIMULATED00000000000</regLei>
      <regStreet1>N/A</regStreet1>
      <regCity>N/A</regCity>
      <regStateConditional regCountry="US" regState="US-NY"/>
      <regZipOrPostalCode>N/A</regZipOrPostalCode>
      <regPhone>N/A</regPhone>
      <seriesName>{escape(fund.name)} (SIMULATED)</seriesName>
      <seriesId>{series_id}</seriesId>
      <seriesLei>SIMULATED00000000000</seriesLei>
      <repPdEnd>{_fiscal_year_end(report_day)}</repPdEnd>
      <repPdDate>{report_day}</repPdDate>
      <isFinalFiling>N</isFinalFiling>
    </genInfo>
    <fundInfo>
      <totAssets>{net_assets:.2f}</totAssets>
      <totLiabs>0.00</totLiabs>
      <netAssets>{net_assets:.2f}</netAssets>
      <assetsAttrMiscSec>0.00</assetsAttrMiscSec>
      <assetsInvested>0.00</assetsInvested>
{nothing}
      <cshNotRptdInCorD>{cash:.2f}</cshNotRptdInCorD>
      <isNonCashCollateral>N</isNonCashCollateral>
      <returnInfo>
        <monthlyTotReturns>
          <monthlyTotReturn classId="{class_id}" rtn1="N/A" rtn2="N/A" rtn3="N/A"/>
        </monthlyTotReturns>
{unknown}
      </returnInfo>
{flows}
    </fundInfo>
    <invstOrSecs>
{holdings}
    </invstOrSecs>
    <signature>
      <ncom:dateSigned>{report_day + SIGNED_AFTER}</ncom:dateSigned>
      <ncom:nameOfApplicant>{escape(registrant)}</ncom:nameOfApplicant>
      <ncom:signature>SIMULATED</ncom:signature>
      <ncom:signerName>SIMULATED</ncom:signerName>
      <ncom:title>Treasurer</ncom:title>
    </signature>
  </formData>
</edgarSubmission>
"""
    return document.encode()
