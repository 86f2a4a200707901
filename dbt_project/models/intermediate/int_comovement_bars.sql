select
    bars.session_number,
    assets.asset_id,
    assets.connectedness_order,
    -- a return over several sessions is not one of a day: the days without a bar and the one after them have none
    case when bars.sessions_covered = 1 then bars.total_return end as total_return,
    -- Parkinson's variance of a day from its range; a day without range has no logarithm
    case
        when bars.low_usd > 0 and bars.high_usd > bars.low_usd then ln(pow(ln(bars.high_usd / bars.low_usd), 2) / (4 * ln(2)))
    end as log_range_variance
from {{ ref('comovement_assets') }} as assets
inner join {{ ref('int_bars_known') }} as bars on assets.symbol = bars.symbol
