with source as (
    select * from {{ ref('customers') }}
)
select customer_id, concat(first_name, ' ', nvl(last_name, '?')) as full_name, country, updated_at
from source
