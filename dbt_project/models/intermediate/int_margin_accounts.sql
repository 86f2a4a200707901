with conventions as (
    select
        {{ parameter('ltv_scale') }} as scale,
        {{ parameter('ltv_beta_a') }} as a,
        {{ parameter('ltv_beta_b') }} as b,
        {{ parameter('ltv_band') }} as ltv_band,
        {{ parameter('house_margin_band') }} as margin_band,
        {{ parameter('maintenance_margin_floor') }} as margin_floor,
        {{ whole_parameter('ltv_grid_points') }} as points
),

cells as (
    select
        unnest(range(points)) as cell,
        points
    from conventions
),

middles as (
    select
        cell,
        (cell + 0.5) / points as middle
    from cells
),

-- the density's constant drops out where the weights are brought to one
points as (
    select
        middles.cell,
        conventions.scale * middles.middle as loan_to_value,
        pow(middles.middle, conventions.a - 1) * pow(1 - middles.middle, conventions.b - 1) as density
    from middles
    cross join conventions
),

houses as (
    select
        1 as house,
        {{ parameter('house_margin_1') }} as house_margin,
        {{ parameter('house_margin_1_weight') }} as weight
    union all
    select
        2 as house,
        {{ parameter('house_margin_2') }} as house_margin,
        {{ parameter('house_margin_2_weight') }} as weight
    union all
    select
        3 as house,
        {{ parameter('house_margin_3') }} as house_margin,
        {{ parameter('house_margin_3_weight') }} as weight
    union all
    select
        4 as house,
        {{ parameter('house_margin_4') }} as house_margin,
        {{ parameter('house_margin_4_weight') }} as weight
),

estimates as (
    select
        'low' as estimate,
        -1 as side
    union all
    select
        'central' as estimate,
        0 as side
    union all
    select
        'high' as estimate,
        1 as side
),

accounts as (
    select
        estimates.estimate,
        cast(row_number() over (partition by estimates.estimate order by houses.house, points.cell) as integer) as account_number,
        points.loan_to_value * (1 + estimates.side * conventions.ltv_band) as loan_to_value,
        greatest(houses.house_margin + estimates.side * conventions.margin_band, conventions.margin_floor) as house_margin,
        houses.weight * points.density as weight
    from points
    cross join houses
    cross join estimates
    cross join conventions
),

totals as (
    select
        estimate,
        sum(weight order by account_number) as weight
    from accounts
    group by estimate
),

-- a call is met within days: at a month end nobody stands below what the house demands
standing as (
    select
        accounts.estimate,
        accounts.account_number,
        least(accounts.loan_to_value, 1 - accounts.house_margin) as loan_to_value,
        accounts.house_margin,
        accounts.weight / totals.weight as debit_share
    from accounts
    inner join totals on accounts.estimate = totals.estimate
)

select
    estimate,
    account_number,
    loan_to_value,
    house_margin,
    debit_share,
    {{ margin_call_ratio('loan_to_value', 'house_margin') }} as call_ratio
from standing
