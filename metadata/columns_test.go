package metadata

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestCellsTakeWhatDriversHave(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value  any
		number int64
		text   string
	}{
		{nil, 0, ""},
		{int64(-7), -7, "-7"},
		{[]byte("12"), 12, "12"},
		{"-12", -12, "-12"},
		{uint64(13), 13, "13"},
	} {
		number, text := cell{numeric: true, number: 1, text: "x"}, cell{number: 1, text: "x"}
		require.NoError(t, number.Scan(test.value))
		require.Equal(t, test.number, number.number, "%v", test.value)
		require.NoError(t, text.Scan(test.value))
		require.Equal(t, test.text, text.text, "%v", test.value)
	}
	driver := []byte("abc")
	c := cell{text: "x"}
	require.NoError(t, c.Scan(driver))
	driver[0] = 'z'
	require.Equal(t, "abc", c.text, "the driver's bytes are the next row's soon")
	for _, bad := range []any{[]byte("one"), "1.5", 1.5, true, uint64(1 << 63), "9223372036854775808"} {
		err := (&cell{column: "end_time", numeric: true}).Scan(bad)
		require.ErrorIs(t, err, sqlerr.Internal, "%v", bad)
		require.ErrorContains(t, err, "the column end_time of the table metadata has ")
	}
}
