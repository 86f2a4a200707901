with identities as (
    select
        identity,
        any_value(ticker) as ticker,
        any_value(security_name) as security_name,
        any_value(cusip) as cusip,
        any_value(isin) as isin,
        any_value(sedol) as sedol,
        any_value(currency) as currency,
        any_value(asset_class_label) as asset_class_label,
        any_value(sector_label) as sector_label,
        min(known_on) as first_known_on
    from {{ ref('int_holding_lines_united') }}
    group by identity
),

spelled as (
    select
        identities.identity,
        identities.first_known_on,
        identities.ticker as served_ticker,
        identities.security_name,
        identities.sector_label,
        upper(trim(identities.currency)) as currency,
        {{ plain_ticker('identities.ticker') }} as ticker,
        {{ is_us_style_ticker('identities.ticker') }} as is_us_style_ticker,
        {{ cusip8('identities.cusip', 'identities.isin') }} as cusip8,
        {{ isin('identities.isin') }} as isin,
        {{ sedol('identities.sedol') }} as sedol,
        nullif(trim(regexp_replace(upper(identities.security_name), '[^A-Z0-9]+', ' ', 'g')), '') as plain_name,
        labels.asset_class as labelled_asset_class
    from identities
    left join {{ ref('asset_classes') }} as labels on lower(trim(identities.asset_class_label)) = labels.label
),

classified as (
    select
        *,
        -- three publishers give no asset class: names tell cash and futures from shares
        case
            when labelled_asset_class is not null then labelled_asset_class
            when not is_us_style_ticker and regexp_matches(plain_name, '(^| )(FUTURES?|FUT|EMINI|E MINI|SWAP)( |$)') then 'derivative'
            when is_us_style_ticker and cusip8 is not null then 'equity'
            when regexp_matches(plain_name, '^(US DOLLAR|.* DOLLAR|EURO|EURO CURRENCY|JAPANESE YEN|.* CASH|CASH.*|.* CURRENCY)$') then 'cash'
            when regexp_matches(plain_name, '(MONEY MARKET|MONEY MKT|LIQUIDITY|LIQ FUND|GOV(ERNMEN)?T (INSTL|CASH)|(TREASURY|TRSY) (OBLIG|PORT)|CASH FUND)')
                then 'money_market'
            when ticker is not null then 'equity'
            else 'unknown'
        end as asset_class
    from spelled
),

keyed as (
    select
        *,
        asset_class = 'equity' and is_us_style_ticker and coalesce(currency, 'USD') = 'USD' as is_keyed_by_ticker
    from classified
)

select
    identity,
    first_known_on,
    served_ticker,
    security_name,
    sector_label,
    asset_class,
    is_keyed_by_ticker,
    cusip8,
    isin,
    sedol,
    case
        when is_keyed_by_ticker then 'US:' || ticker
        when asset_class = 'cash' then 'CASH:' || coalesce(ticker, plain_name, currency, 'UNNAMED')
        when asset_class = 'derivative' then 'DERIVATIVE:' || coalesce(ticker, plain_name, 'UNNAMED')
        when cusip8 is not null then 'CUSIP:' || cusip8
        when isin is not null then 'ISIN:' || isin
        when sedol is not null then 'SEDOL:' || sedol
        when ticker is not null then 'TICKER:' || concat_ws(':', currency, ticker)
        else 'NAME:' || coalesce(plain_name, 'UNNAMED')
    end as own_security_id
from keyed
