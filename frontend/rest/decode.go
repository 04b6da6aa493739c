package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/nekomata-sql/nekomata/operation"
	"github.com/nekomata-sql/nekomata/sqlerr"
)

// decode reads the request's body, one JSON object, into the struct that v points
// to. Unknown fields are ignored; names are taken to the letter, as the document
// has them. It fails with MediaType, TooLarge and Invalid.
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
	return decodeObject(body, v)
}

// decodeObject reads one JSON object into the struct that v points to.
func decodeObject(body []byte, v any) error {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return sqlerr.New(sqlerr.Invalid, "the body is empty: send a JSON object")
	case body[0] != '{' && json.Valid(body):
		return sqlerr.New(sqlerr.Invalid, "the body must be a JSON object")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return badJSON("the body", err)
	}
	return fill(reflect.ValueOf(v).Elem(), fields)
}

// fill sets the fields of a struct. A null field is one that isn't given.
func fill(to reflect.Value, fields map[string]json.RawMessage) error {
	for i := range to.NumField() {
		name, _, _ := strings.Cut(to.Type().Field(i).Tag.Get("json"), ",")
		raw, ok := fields[name]
		if !ok || string(raw) == "null" {
			continue
		}
		if err := json.Unmarshal(raw, to.Field(i).Addr().Interface()); err != nil {
			return badJSON(entry(name, to.Field(i).Kind(), raw), err)
		}
		if hasNUL(to.Field(i).Interface()) {
			return sqlerr.New(sqlerr.Invalid, "%s: a text can't have a NUL character", name)
		}
		if hasNull(to.Field(i).Kind(), raw) {
			return sqlerr.New(sqlerr.Invalid, "%s: null is no value for an entry", entry(name, to.Field(i).Kind(), raw))
		}
	}
	return nil
}

// entry names what in a field is no text, when that is a list or a map of texts: one of
// many is hard to find.
func entry(name string, kind reflect.Kind, raw json.RawMessage) string {
	noText := func(r json.RawMessage) bool { return len(r) > 0 && r[0] != '"' }
	switch kind {
	case reflect.Map:
		var m map[string]json.RawMessage
		_ = json.Unmarshal(raw, &m) // else it is no map, and has no entries
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if noText(m[key]) {
				return name + "." + key
			}
		}
	case reflect.Slice:
		var l []json.RawMessage
		_ = json.Unmarshal(raw, &l)
		if i := slices.IndexFunc(l, noText); i >= 0 {
			return name + "[" + strconv.Itoa(i) + "]"
		}
	default:
	}
	return name
}

// hasNUL says whether a text, or one of several, has a character that no name and
// no SQL can have.
func hasNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.ContainsRune(v, 0)
	case []string:
		return slices.ContainsFunc(v, func(s string) bool { return hasNUL(s) })
	default:
		return false
	}
}

// hasNull says whether null is an entry of a list or map of texts, which has been
// read as an empty text.
func hasNull(kind reflect.Kind, raw json.RawMessage) bool {
	if !bytes.Contains(raw, []byte("null")) {
		return false
	}
	isNull := func(entry any) bool { return entry == nil }
	switch kind {
	case reflect.Map:
		var m map[string]any
		return json.Unmarshal(raw, &m) == nil && slices.ContainsFunc(slices.Collect(maps.Values(m)), isNull)
	case reflect.Slice:
		var l []any
		return json.Unmarshal(raw, &l) == nil && slices.ContainsFunc(l, isNull)
	default:
		return false
	}
}

// checkMediaType refuses bodies that say they are something else than JSON. One
// that says nothing is taken for JSON.
func checkMediaType(h http.Header) error {
	if err := checkEncoding(h); err != nil {
		return err
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

// checkEncoding refuses bodies that are compressed.
func checkEncoding(h http.Header) error {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return sqlerr.New(sqlerr.MediaType, "the body must not be compressed (Content-Encoding: %s)", enc)
	}
	return nil
}

// badJSON says what is wrong with a field, or the body, in JSON's words.
func badJSON(what string, err error) error {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return sqlerr.Wrap(err, sqlerr.Invalid, "%s: expected %s, got %s", what, jsonType(e.Type), e.Value)
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
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	default:
		return "an object"
	}
}

// variable is what the path's variable name stands for.
func (c *APIRequestContext) variable(name string) string {
	if i := slices.Index(c.variables, name); i >= 0 {
		return c.values[i]
	}
	return ""
}

// handle is the UUID in the path variable name.
func (c *APIRequestContext) handle(name string) (uuid.UUID, error) {
	return parseUUID(name, c.variable(name))
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
// maxrows of 0 or -1, which Kyuubi's clients send.
func (c *APIRequestContext) fetch(log bool) (operation.Fetch, error) {
	const page = 100
	n, err := c.integer("maxrows", page)
	if err != nil {
		return operation.Fetch{}, err
	}
	switch {
	case log && n < -1:
		return operation.Fetch{}, sqlerr.New(sqlerr.Invalid, "maxrows must be positive, or 0 or -1 for all lines that are left, not %d", n)
	case log && n <= 0:
		n = math.MaxInt64
	case n <= 0:
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
