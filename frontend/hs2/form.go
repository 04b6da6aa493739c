package hs2

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/engine"
	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// Form is how the rows of statements travel.
type Form struct {
	// Arrow sends each answer's rows as one Arrow record batch
	// (kyuubi.operation.result.format=arrow) instead of as Thrift's columns.
	Arrow bool
	// TimestampText makes text of timestamps in Arrow
	// (kyuubi.operation.result.arrow.timestampAsString).
	TimestampText bool

	codec codec
}

// codec packs the buffers of a record batch.
type codec uint8

const (
	noCodec codec = iota
	zstdCodec
	lz4Codec
)

// Settings of a session or a statement in which a client says how it wants its
// rows. The codec's is Spark's own, which Kyuubi reads as well.
const (
	keyFormat        = "kyuubi.operation.result.format"
	keyTimestampText = "kyuubi.operation.result.arrow.timestampAsString"
	keyCodec         = "spark.sql.execution.arrow.compression.codec"
)

// with is the form after what a client has said. Values that say nothing fail.
func (f Form) with(conf map[string]string) (Form, error) {
	if v, ok := conf[keyFormat]; ok {
		switch strings.ToLower(v) {
		case "arrow":
			f.Arrow = true
		case "thrift":
			f.Arrow = false
		default:
			return f, sqlerr.New(sqlerr.Invalid, "%s must be thrift or arrow, not %q", keyFormat, v)
		}
	}
	if v, ok := conf[keyTimestampText]; ok {
		text, err := strconv.ParseBool(strings.ToLower(v))
		if err != nil {
			return f, sqlerr.New(sqlerr.Invalid, "%s must be true or false, not %q", keyTimestampText, v)
		}
		f.TimestampText = text
	}
	if v, ok := conf[keyCodec]; ok && f.Arrow {
		switch strings.ToLower(v) {
		case "none", "uncompressed":
			f.codec = noCodec
		case "zstd":
			f.codec = zstdCodec
		case "lz4":
			f.codec = lz4Codec
		default:
			return f, sqlerr.New(sqlerr.Invalid, "%s must be none, zstd or lz4, not %q", keyCodec, v)
		}
	}
	return f, nil
}

// hints tell Kyuubi's driver how to read the rows.
func (f Form) hints() []string {
	return []string{
		"__kyuubi_operation_result_format__=arrow",
		"__kyuubi_operation_result_arrow_timestampAsString__=" + strconv.FormatBool(f.TimestampText),
	}
}

// terms are what a client and the server agree on for a session.
type terms struct {
	version int // of the protocol, as TProtocolVersion counts
	form    Form
}

// terms are those in which to answer about a session. The version is that of the
// session when this connection opened it, else that in which this connection speaks
// otherwise, else the session's again, which may come from another frontend.
func (c *conn) terms(ctx context.Context, id uuid.UUID) (terms, error) {
	for _, o := range c.opened {
		if o.id == id {
			return o.terms, nil
		}
	}
	info, err := c.h.opts.Backend.Session(ctx, id)
	if err != nil {
		return terms{}, err
	}
	t := terms{version: info.ProtocolVersion}
	if n := len(c.opened); n > 0 {
		t.version = c.opened[n-1].terms.version
	}
	t.form, err = c.h.opts.Form.with(info.Conf)
	return t, err
}

// note remembers the terms of a statement of this connection's own session.
func (c *conn) note(ctx context.Context, info operation.Info) {
	if !slices.ContainsFunc(c.opened, func(o opened) bool { return o.id == info.SessionID }) {
		return
	}
	if t, err := c.readAs(ctx, info); err == nil {
		c.recent = recent{info.ID, t}
	}
}

// termsOf is readAs by an operation's id. That there is one, and whether the client may use
// it, is for who asks for its rows to find out.
func (c *conn) termsOf(ctx context.Context, id uuid.UUID) (terms, error) {
	if c.recent.id == id {
		return c.recent.terms, nil
	}
	info, err := c.h.opts.Backend.Operation(ctx, id)
	if err != nil {
		return terms{}, err
	}
	return c.readAs(ctx, info)
}

// readAs is how an operation's rows are to be sent. Only those of statements come
// as Arrow, and only to clients that read columns.
func (c *conn) readAs(ctx context.Context, info operation.Info) (terms, error) {
	t, err := c.terms(ctx, info.SessionID)
	if err != nil {
		return t, err
	}
	s, ok := info.Query.(engine.Statement)
	if !ok || t.version < columnarVersion {
		t.form = Form{}
		return t, nil
	}
	t.form, err = t.form.with(s.Conf)
	return t, err
}
