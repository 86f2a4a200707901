with vintages as (
    {% for issuer in ['ishares', 'spdr'] %}
        select
            fund_id,
            observed_on,
            nav_usd,
            shares_outstanding,
            known_on,
            fetched_at,
            payload_sha256
        from {{ ref('stg_' ~ issuer ~ '__fund_history') }}
        where nav_usd is not null and shares_outstanding is not null
        union all
    {% endfor %}
    -- ProShares restates net asset values at splits and leaves share counts: what a share of the day was worth follows from the day's assets
    select
        fund_id,
        observed_on,
        coalesce(nullif(aum_usd, 0) / nullif(shares_outstanding, 0), nav_usd) as nav_usd,
        shares_outstanding,
        known_on,
        fetched_at,
        payload_sha256
    from {{ ref('stg_proshares__fund_history') }}
    where nav_usd is not null and shares_outstanding is not null
)

select
    vintages.fund_id,
    sessions.trade_date,
    sessions.session_number,
    vintages.nav_usd,
    vintages.shares_outstanding,
    vintages.known_on
from vintages
inner join {{ ref('int_sessions_numbered') }} as sessions on vintages.observed_on = sessions.trade_date
where {{ known_by('sessions.cutoff_on', 'vintages') }}
qualify row_number() over (partition by vintages.fund_id, vintages.observed_on order by {{ latest_known('vintages') }}) = 1
