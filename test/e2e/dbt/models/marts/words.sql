{{ config(materialized='view') }}
select c.customer_id, w.word, w.pos
from {{ ref('stg_customers') }} c lateral view posexplode(split(full_name, ' ')) w as pos, word
