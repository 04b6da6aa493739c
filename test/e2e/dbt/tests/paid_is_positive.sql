select * from {{ ref('dim_customers') }} where paid < 0
