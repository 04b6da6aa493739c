{{ config(file_format='delta', tblproperties={'made.by': 'dbt'},
          pre_hook="set spark.sql.adaptive.enabled=true", post_hook="analyze table {{ this }} compute statistics") }}
select c.customer_id, c.full_name, nvl(p.paid, 0) as paid, nvl(p.n, 0) as orders,
       case when p.paid > 100 then 'large' else 'small' end as size
from {{ ref('stg_customers') }} c left join {{ ref('paying') }} p on c.customer_id = p.customer_id
