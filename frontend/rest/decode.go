package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// decode reads the request's body, one JSON object, into v. Unknown fields are
// ignored. It fails with MediaType, TooLarge and Invalid.
func (s *server) decode(c *APIRequestContext, v any) error {
	if err := checkMediaType(c.request.Header); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c, c.request.Body, s.MaxBodyBytes))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return sqlerr.New(sqlerr.TooLarge, "the body is larger than %d bytes", s.MaxBodyBytes)
	}
	if err != nil {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the body could not be read to its end")
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return sqlerr.New(sqlerr.Invalid, "the body is empty: send a JSON object")
	case body[0] != '{' && json.Valid(body):
		return sqlerr.New(sqlerr.Invalid, "the body must be a JSON object")
	}
	if err := json.Unmarshal(body, v); err != nil {
		return badJSON(err)
	}
	return nil
}

// checkMediaType refuses bodies that say they are something else than JSON. One
// that says nothing is taken for JSON.
func checkMediaType(h http.Header) error {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return sqlerr.New(sqlerr.MediaType, "the body must not be compressed (Content-Encoding: %s)", enc)
	}
	sent := h.Get("Content-Type")
	if sent == "" {
		return nil
	}
	mediaType, params, err := mime.ParseMediaType(sent)
	if err != nil || mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json") {
		return sqlerr.New(sqlerr.MediaType, "the body must be JSON: send it with Content-Type: application/json, not %s", sent)
	}
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return sqlerr.New(sqlerr.MediaType, "the body must be in UTF-8, not %s", charset)
	}
	return nil
}

// badJSON says what is wrong with a body, in JSON's words.
func badJSON(err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := e.Field
		if field == "" {
			field = "the body"
		}
		return sqlerr.Wrap(err, sqlerr.Invalid, "%s: expected %s, got %s", field, jsonType(e.Type), e.Value)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return sqlerr.Wrap(err, sqlerr.Invalid, "the body is not valid JSON: at byte %d: %s", e.Offset, e.Error())
	}
	return sqlerr.Wrap(err, sqlerr.Invalid, "the body is not valid JSON")
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// handle is the UUID in the path variable name.
func (c *APIRequestContext) handle(name string) (uuid.UUID, error) {
	return parseUUID(name, c.vars[name])
}

func parseUUID(name, text string) (uuid.UUID, error) {
	const canonical = 36 // other lengths are forms that nobody here writes
	id, err := uuid.Parse(text)
	if err != nil || len(text) != canonical {
		return uuid.UUID{}, sqlerr.New(sqlerr.Invalid, "%s must be a UUID, not %q", name, text)
	}
	return id, nil
}

// integer is a query parameter, or def when it isn't given.
func (c *APIRequestContext) integer(name string, def int64) (int64, error) {
	text := c.request.URL.Query().Get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, sqlerr.New(sqlerr.Invalid, "%s must be an integer, not %q", name, text)
	}
	return n, nil
}

// fetch is what the query asks to read. A log may be asked for whole, with a
// maxrows that isn't positive.
func (c *APIRequestContext) fetch(log bool) (operation.Fetch, error) {
	const page = 100
	n, err := c.integer("maxrows", page)
	if err != nil {
		return operation.Fetch{}, err
	}
	if log && n <= 0 {
		n = math.MaxInt64
	}
	if n <= 0 {
		return operation.Fetch{}, sqlerr.New(sqlerr.Invalid, "maxrows must be positive, not %d", n)
	}
	switch o := c.request.URL.Query().Get("fetchorientation"); o {
	case "", "FETCH_NEXT":
		return operation.Fetch{MaxRows: n, Orientation: operation.Next}, nil
	case "FETCH_FIRST":
		return operation.Fetch{MaxRows: n, Orientation: operation.First}, nil
	default:
		return operation.Fetch{}, sqlerr.New(sqlerr.Invalid, "fetchorientation must be FETCH_NEXT or FETCH_FIRST, not %q", o)
	}
}
