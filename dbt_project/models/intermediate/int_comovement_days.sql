-- what a day is computed from, as one number: when a bar, an asset or a parameter in its window changes, so does the number
with lengths as (
    select
        greatest(
            {{ whole_parameter('turbulence_window') }}, {{ whole_parameter('absorption_window') }} + {{ whole_parameter('absorption_long_window') }} - 2
        ) as comovement_before,
        {{ whole_parameter('connectedness_window') }} - 1 as connectedness_before,
        {{ whole_parameter('comovement_first_year') }} as first_year
),

settings as (
    select
        sum(hash(parameter, value)) filter (where regexp_matches(parameter, '^(absorption|turbulence|comovement)_')) as comovement_settings,
        sum(hash(parameter, value)) filter (where regexp_matches(parameter, '^(connectedness|comovement)_')) as connectedness_settings
    from {{ ref('parameters') }}
),

sessions as (
    select
        session_number,
        trade_date
    from {{ ref('int_sessions_numbered') }}
    where session_number >= (select min(bars.session_number) from {{ ref('int_comovement_bars') }} as bars)
),

-- whole numbers add up to the same in any order
hashed as (
    select
        sessions.session_number,
        sessions.trade_date,
        coalesce(sum(hash(bars.session_number, bars.asset_id, bars.total_return)), 0) as returns_hash,
        coalesce(sum(hash(bars.session_number, bars.asset_id, bars.connectedness_order, bars.log_range_variance)), 0) as ranges_hash
    from sessions
    left join {{ ref('int_comovement_bars') }} as bars on sessions.session_number = bars.session_number
    group by sessions.session_number, sessions.trade_date
),

windowed as (
    select
        hashed.session_number,
        hashed.trade_date,
        lengths.first_year,
        sum(hashed.returns_hash) over (
            order by hashed.session_number rows between {{ preceding('lengths.comovement_before') }} and current row
        ) as returns_hash,
        sum(hashed.ranges_hash) over (
            order by hashed.session_number rows between {{ preceding('lengths.connectedness_before') }} and current row
        ) as ranges_hash
    from hashed
    cross join lengths
)

select
    windowed.session_number,
    windowed.trade_date,
    hash(windowed.returns_hash, settings.comovement_settings) as comovement_fingerprint,
    hash(windowed.ranges_hash, settings.connectedness_settings) as connectedness_fingerprint
from windowed
cross join settings
where year(windowed.trade_date) >= windowed.first_year
