select order_id, customer_id, ordered_on, status, amount, date_trunc('month', ordered_on) as month
from {{ ref('orders') }}
where ordered_on <= '{{ var("until") }}'
