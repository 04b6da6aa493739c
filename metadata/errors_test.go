package metadata

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

func TestFailuresAreToldByNumber(t *testing.T) {
	t.Parallel()
	number := func(n uint16) error { return &mysql.MySQLError{Number: n, Message: "secret text"} }
	for _, test := range []struct {
		err   error
		kind  sqlerr.Kind
		retry Retry
	}{
		{number(1062), sqlerr.Exists, Never},
		{number(1213), sqlerr.Unavailable, Safe},
		{number(1040), sqlerr.Unavailable, Safe},
		{number(1290), sqlerr.Unavailable, Safe},
		{number(1053), sqlerr.Unavailable, Unsure},
		{number(1406), sqlerr.Invalid, Never},
		{number(1146), sqlerr.Internal, Never},
		{driver.ErrBadConn, sqlerr.Unavailable, Unsure},
		{mysql.ErrInvalidConn, sqlerr.Unavailable, Unsure},
		{io.ErrUnexpectedEOF, sqlerr.Unavailable, Unsure},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, sqlerr.Unavailable, Safe},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, sqlerr.Unavailable, Unsure},
		{context.Canceled, sqlerr.Canceled, Unsure},
		{context.DeadlineExceeded, sqlerr.Timeout, Unsure},
		{errors.New("secret text: Duplicate entry"), sqlerr.Internal, Never},
	} {
		err := convert(fmt.Errorf("inside: %w", test.err), "it can't be done")
		require.ErrorIs(t, err, test.kind, test.err)
		require.Equal(t, test.retry, RetryOf(err), test.err)
		require.NotContains(t, sqlerr.From(err).Message, "secret")
		require.ErrorIs(t, err, test.err, "the log needs the cause")
	}
	require.NoError(t, convert(nil, ""))
	known := sqlerr.New(sqlerr.Gone, "x")
	require.Same(t, known, convert(known, "y"))
}

// untold is a context whose deadline has passed before it says so.
type untold struct{ context.Context }

func (untold) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

// Who gives up in the middle of a dial, which has the same deadline, has run out of time:
// the database need not be down.
func TestADialThatOutlastsItsCaller(t *testing.T) {
	t.Parallel()
	dial := &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}
	s := &Store{}
	s.open.Store(&pools{})
	err := s.try(untold{t.Context()}, 5, "the batch can't be stored", func(*pools) error { return dial })
	require.ErrorIs(t, err, sqlerr.Timeout)
	err = s.try(t.Context(), 1, "the batch can't be stored", func(*pools) error { return dial })
	require.ErrorIs(t, err, sqlerr.Unavailable)
}
