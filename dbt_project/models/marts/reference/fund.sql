select
    fund_id,
    name as fund_name,
    issuer,
    product_id,
    cik,
    series_id,
    asset_class,
    reference_segment,
    leverage,
    benchmark,
    inception_on,
    basis,
    checked_on
from {{ ref('funds') }}
