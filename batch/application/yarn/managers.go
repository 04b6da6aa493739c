package yarn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nekomata-sql/nekomata/sqlerr"
)

// maxAnswer is as much of an answer as is read.
const maxAnswer = 16 << 20

// managers are the ResourceManagers of a cluster, of which one is active.
type managers struct {
	addresses []string
	active    atomic.Int32 // the index of the one that answered last
	client    *http.Client
	timeout   time.Duration
}

func newManagers(o Options) (*managers, error) {
	m := &managers{client: o.Client, timeout: o.RequestTimeout}
	if m.client == nil {
		m.client = &http.Client{}
	}
	for _, address := range o.ResourceManagers {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
			return nil, sqlerr.New(sqlerr.Invalid, "%q is no address of a ResourceManager; write it as in http://rm.example.com:8088", address)
		}
		m.addresses = append(m.addresses, strings.TrimRight(address, "/"))
	}
	if len(m.addresses) == 0 {
		return nil, sqlerr.New(sqlerr.Invalid, "a YARN cluster needs the address of a ResourceManager")
	}
	return m, nil
}

// errStandby says that a ResourceManager is not the active one.
var errStandby = errors.New("is on standby")

// tagged lists the applications with a tag, the first one first.
func (m *managers) tagged(ctx context.Context, tag, user string) ([]report, error) {
	// YARN keeps tags in lower case.
	path := "/ws/v1/cluster/apps?deSelects=resourceRequests&applicationTags=" + url.QueryEscape(strings.ToLower(tag))
	var answer struct {
		Apps *struct {
			App []report `json:"app"`
		} `json:"apps"`
	}
	err := m.each(ctx, func(ctx context.Context, base string) error {
		answer.Apps = nil
		if err := m.get(ctx, base, path, user, &answer); err != nil {
			return err
		}
		if answer.Apps != nil && len(answer.Apps.App) > 0 {
			return nil
		}
		// One on standby may answer too, and knows of nothing.
		return m.isActive(ctx, base, user)
	})
	if err != nil || answer.Apps == nil {
		return nil, err
	}
	reports := slices.DeleteFunc(answer.Apps.App, func(r report) bool { return !r.tagged(tag) })
	inOrder(reports)
	return reports, nil
}

func (m *managers) isActive(ctx context.Context, base, user string) error {
	var answer struct {
		Info struct {
			State string `json:"haState"`
		} `json:"clusterInfo"`
	}
	if err := m.get(ctx, base, "/ws/v1/cluster/info", user, &answer); err != nil {
		return err
	}
	if answer.Info.State != "ACTIVE" {
		return errStandby
	}
	return nil
}

// kill tells an application to end; false says that there is none.
func (m *managers) kill(ctx context.Context, id, user string) (bool, error) {
	there := false
	err := m.each(ctx, func(ctx context.Context, base string) error {
		answer, err := m.ask(ctx, question{
			method: http.MethodPut, base: base, path: "/ws/v1/cluster/apps/" + url.PathEscape(id) + "/state",
			user: user, body: []byte(`{"state":"KILLED"}`),
		})
		switch {
		case err != nil:
			return err
		case answer.status == http.StatusNotFound:
			there = false
			return m.isActive(ctx, base, user)
		case answer.status == http.StatusForbidden:
			return sqlerr.New(sqlerr.Denied, "the ResourceManager does not let the user %q end the application %s: %s", user, id, answer.why())
		case answer.status/100 != 2:
			return errors.New(answer.why())
		}
		there = true
		return nil
	})
	return there, err
}

// each asks the ResourceManagers, the one that answered last at first, until one
// answers. An error of ours is an answer.
func (m *managers) each(ctx context.Context, ask func(ctx context.Context, base string) error) error {
	first := int(m.active.Load())
	var troubles []error
	for i := range m.addresses {
		at := (first + i) % len(m.addresses)
		err := func() error {
			ctx, cancel := context.WithTimeout(ctx, m.timeout)
			defer cancel()
			return ask(ctx, m.addresses[at])
		}()
		var ours *sqlerr.Error
		if err == nil || errors.As(err, &ours) {
			m.active.Store(int32(at))
			return err
		}
		troubles = append(troubles, fmt.Errorf("%s: %w", m.addresses[at], err))
		if ctx.Err() != nil {
			break
		}
	}
	return unavailable(errors.Join(troubles...), m.addresses)
}

// get asks for JSON.
func (m *managers) get(ctx context.Context, base, path, user string, into any) error {
	a, err := m.ask(ctx, question{method: http.MethodGet, base: base, path: path, user: user})
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return errors.New(a.why())
	}
	return json.Unmarshal(a.body, into)
}

// answer is what a ResourceManager said, in JSON.
type answer struct {
	status int
	body   []byte
}

// question is what a ResourceManager is asked, and as whom.
type question struct {
	method, base, path, user string
	body                     []byte
}

func (q question) url() string {
	address := q.base + q.path
	if q.user == "" {
		return address
	}
	sign := "?"
	if strings.Contains(q.path, "?") {
		sign = "&"
	}
	return address + sign + "user.name=" + url.QueryEscape(q.user)
}

// ask sends a request. One on standby redirects to the active one, which is
// followed, or says in plain text that it finds none.
func (m *managers) ask(ctx context.Context, q question) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, q.url(), bytes.NewReader(q.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Accept", "application/json")
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := m.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	a := answer{status: res.StatusCode}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return a, err
	}
	switch kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); {
	case a.status == http.StatusUnauthorized:
		return a, errors.New("asks for Kerberos (SPNEGO), which the gateway can't do")
	case a.status == http.StatusOK && kind != "application/json":
		return a, errStandby
	}
	return a, nil
}

// why is what an answer that is no success says.
func (a answer) why() string {
	var remote struct {
		Exception struct {
			Message string `json:"message"`
		} `json:"RemoteException"`
	}
	if json.Unmarshal(a.body, &remote) == nil && remote.Exception.Message != "" {
		return remote.Exception.Message
	}
	return fmt.Sprintf("status %d %s", a.status, http.StatusText(a.status))
}
