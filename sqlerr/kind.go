package sqlerr

// Kind is a closed set of failure classes. A Kind is itself an error, so that
// errors.Is(err, sqlerr.NotFound) reads as it should.
type Kind uint8

// The kinds. Their names, SQLSTATEs and HTTP statuses are in [Kinds].
const (
	// Internal is a bug of ours or a failure we did not expect.
	Internal Kind = iota
	// Invalid is input that can't be accepted as it is.
	Invalid
	// Unauthenticated is a caller whom we don't know.
	Unauthenticated
	// Denied is a known caller who may not do this.
	Denied
	// NotFound is a session, operation, object or resource that isn't there.
	NotFound
	// Exists is something that is there already.
	Exists
	// Conflict is a call that the present state forbids.
	Conflict
	// Unsupported is a feature that this gateway or engine lacks.
	Unsupported
	// Canceled is work that somebody ended before its time.
	Canceled
	// Timeout is work that took longer than it was allowed to.
	Timeout
	// Exhausted is a limit that was reached.
	Exhausted
	// Unavailable is a service that is not there right now: try again.
	Unavailable
	// Gone is something that was there and has expired.
	Gone
	// TooLarge is a request beyond a size limit.
	TooLarge
	// MediaType is a body of a type that the resource doesn't take.
	MediaType
	// Method is an HTTP method that the resource doesn't offer.
	Method
	// NotAcceptable is a form of an answer that the resource doesn't have.
	NotAcceptable
	end // keep last: the number of kinds
)

type kindInfo struct {
	name  string
	state string
	http  int
}

var kinds = [end]kindInfo{
	Internal:        {"Internal", "HY000", 500},
	Invalid:         {"Invalid", "22023", 400},
	Unauthenticated: {"Unauthenticated", "28000", 401},
	Denied:          {"Denied", "42501", 403},
	NotFound:        {"NotFound", "HY000", 404},
	Exists:          {"Exists", "23505", 409},
	Conflict:        {"Conflict", "HY010", 409},
	Unsupported:     {"Unsupported", "0A000", 501},
	Canceled:        {"Canceled", "HY008", 499},
	Timeout:         {"Timeout", "HYT00", 504},
	Exhausted:       {"Exhausted", "53400", 429},
	Unavailable:     {"Unavailable", "08S01", 503},
	Gone:            {"Gone", "HY000", 410},
	TooLarge:        {"TooLarge", "54000", 413},
	MediaType:       {"MediaType", "22023", 415},
	Method:          {"Method", "0A000", 405},
	NotAcceptable:   {"NotAcceptable", "22023", 406},
}

// Kinds lists every kind, for tests that must miss none.
func Kinds() []Kind {
	ks := make([]Kind, end)
	for i := range ks {
		ks[i] = Kind(i)
	}
	return ks
}

// known maps a kind that is out of range to Internal, so that a bad value can't
// panic a renderer.
func (k Kind) known() Kind {
	if k >= end {
		return Internal
	}
	return k
}

// String is the kind's name as JSON clients see it, such as "NotFound".
func (k Kind) String() string { return kinds[k.known()].name }

// Error makes a Kind usable as the target of errors.Is.
func (k Kind) Error() string { return k.String() }

// SQLState is the default SQLSTATE of errors of this kind.
func (k Kind) SQLState() string { return kinds[k.known()].state }

// HTTPStatus is the status code of an HTTP answer with an error of this kind.
// 499 (Canceled) is the de-facto code for work that the client gave up.
func (k Kind) HTTPStatus() int { return kinds[k.known()].http }
