package dialect_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nekomata-sql/nekomata/engine/duckdb/dialect"
)

// vocabulary is what the families and the emitter look for.
var vocabulary = strings.Fields(`select from where group by with rollup cube grouping sets having order sort distribute cluster limit union all minus except
	( ( ( ) ) ) [ ] { } , , , . ; * + - / % ^ = <=> :: -> || ! 'a' '%x\%' 'a_int' '1 2:03:04' "q" ` + "`b c`" + ` 1 1.5 0.25 10L 2BD null true a as b t x as
	cast try_cast int string decimal array map struct < > : interval day days hour to second date timestamp current_date current_timestamp
	like ilike rlike regexp not any some all div in is between case when then else end exists forall aggregate reduce transform filter
	lateral view outer explode posexplode inline stack json_tuple from_json named_struct count distinct sum max over partition rows extract position
	overlay placing for zip_with map_filter transform_values concat concat_ws date_add dateadd datediff date_format unix_timestamp floor ceil left semi
	anti join on values insert into overwrite table partition if merge using matched update set delete create view temporary tblproperties comment
	stored parquet row format delimited fields terminated partitioned clustered buckets location alter add columns change rename drop describe extended
	show tables partitions create msck repair cache analyze compute statistics load data inpath use default explain set reset ${x} ${hivevar:y} -- /* */`)

// TestNoWordsAreTooMuch translates texts made of words that mean something: no
// panic, no text that takes long, no literal that DuckDB would read otherwise.
func TestNoWordsAreTooMuch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(vocabulary), 1, 60).Draw(t, "words")
		sql := rapid.SampledFrom([]string{"", "select ", "select * from t where ", "insert overwrite table t ", "create table t ", "alter table t ", "merge into t using s on "}).
			Draw(t, "begin") + strings.Join(words, " ")
		s := dialect.NewSession(map[string]string{"x": "1"}, map[string]string{"y": "'b'"}, dialect.Options{Hive: true})
		plan, err := s.Translate(sql, nil)
		if err != nil || plan.SQL == "" {
			return
		}
		if len(plan.SQL) > 200*len(sql)+100_000 {
			t.Fatalf("%q became %d bytes", sql, len(plan.SQL))
		}
		if plan.Unsummed != nil {
			plan.Unsummed()
		}
		dialect.Origin(sql, plan.SQL, len(plan.SQL)/2)
	})
}
