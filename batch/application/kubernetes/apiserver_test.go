package kubernetes_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// apiServer speaks the part of Kubernetes' protocol that has to do with pods: lists
// in pages at a version, watches from a version with bookmarks, versions that are
// too old, deletion in two steps. It runs pods as far as their annotation "does"
// says.
type apiServer struct {
	*httptest.Server

	token string // what a client must bring

	mu       sync.Mutex
	version  int
	oldest   int // watches from before this version are gone
	pods     map[string]*corev1.Pod
	services []corev1.Service
	history  []event
	changed  chan struct{} // closed at every change
	cut      chan struct{} // closed to cut all watches
	down     bool
	forbid   string // a method that is forbidden
	lists    int
	watches  int
}

type event struct {
	version int
	kind    string
	pod     *corev1.Pod
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := unstarted()
	s.Server = httptest.NewServer(s.handler())
	t.Cleanup(s.end)
	return s
}

func unstarted() *apiServer {
	return &apiServer{version: 100, pods: map[string]*corev1.Pod{}, changed: make(chan struct{}), cut: make(chan struct{})}
}

func (s *apiServer) end() {
	s.cutWatches()
	s.CloseClientConnections()
	s.Close()
}

func (s *apiServer) handler() http.Handler {
	mux := http.NewServeMux()
	const pods = "/api/v1/namespaces/{ns}/pods"
	mux.HandleFunc("GET "+pods, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "true" || r.URL.Query().Get("watch") == "1" {
			s.watch(w, r)
			return
		}
		s.list(w, r)
	})
	mux.HandleFunc("GET /api/v1/namespaces/{ns}/services", s.listServices)
	mux.HandleFunc("POST "+pods, s.create)
	mux.HandleFunc("PATCH "+pods+"/{name}", s.patch)
	mux.HandleFunc("DELETE "+pods+"/{name}", s.remove)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		down, forbidden := s.down, s.forbid == r.Method
		s.mu.Unlock()
		switch {
		case down:
			refuse(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, "it is down")
		case s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token:
			refuse(w, http.StatusUnauthorized, metav1.StatusReasonUnauthorized, "who are you?")
		case forbidden:
			refuse(w, http.StatusForbidden, metav1.StatusReasonForbidden, "you may not")
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}

func status(code int, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	}
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	answer(w, code, status(code, reason, message))
}

// list answers in pages of at most limit; the token is the version and where to go on.
func (s *apiServer) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	selector, err := labels.Parse(q.Get("labelSelector"))
	if err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	found := []corev1.Pod{}
	for _, p := range s.pods {
		if p.Namespace == r.PathValue("ns") && selector.Matches(labels.Set(p.Labels)) {
			found = append(found, *p)
		}
	}
	slices.SortFunc(found, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	version, from := s.version, 0
	if token := q.Get("continue"); token != "" {
		if _, err := fmt.Sscanf(token, "%d-%d", &version, &from); err != nil || version < s.oldest {
			refuse(w, http.StatusGone, metav1.StatusReasonExpired, "the page is too old")
			return
		}
	}
	found = found[min(from, len(found)):]
	l := corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
	l.ResourceVersion = strconv.Itoa(version)
	if limit, _ := strconv.Atoi(q.Get("limit")); limit > 0 && len(found) > limit {
		found = found[:limit]
		l.Continue = fmt.Sprintf("%d-%d", version, from+limit)
	}
	l.Items = found
	answer(w, http.StatusOK, l)
}

func (s *apiServer) listServices(w http.ResponseWriter, r *http.Request) {
	selector, _ := labels.Parse(r.URL.Query().Get("labelSelector"))
	s.mu.Lock()
	defer s.mu.Unlock()
	l := corev1.ServiceList{TypeMeta: metav1.TypeMeta{Kind: "ServiceList", APIVersion: "v1"}}
	for _, v := range s.services {
		if v.Namespace == r.PathValue("ns") && selector.Matches(labels.Set(v.Labels)) {
			l.Items = append(l.Items, v)
		}
	}
	answer(w, http.StatusOK, l)
}

// watch sends what happened since a version, and goes on until it is cut.
func (s *apiServer) watch(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	selector, err := labels.Parse(q.Get("labelSelector"))
	since, versionErr := strconv.Atoi(q.Get("resourceVersion"))
	if err != nil || versionErr != nil || q.Get("sendInitialEvents") != "" {
		refuse(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "no such watch")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	out := json.NewEncoder(w)
	send := func(kind string, obj any) bool {
		return out.Encode(map[string]any{"type": kind, "object": obj}) == nil && http.NewResponseController(w).Flush() == nil
	}
	s.mu.Lock()
	s.watches++
	tooOld, cut := since < s.oldest, s.cut
	s.mu.Unlock()
	if tooOld {
		send("ERROR", status(http.StatusGone, metav1.StatusReasonExpired, "too old resource version"))
		return
	}
	bookmark := time.NewTicker(30 * time.Millisecond)
	defer bookmark.Stop()
	for {
		select {
		case <-cut: // before anything else is said
			return
		default:
		}
		s.mu.Lock()
		changed, now := s.changed, s.version
		var due []event
		for _, e := range s.history {
			if e.version > since && e.pod.Namespace == r.PathValue("ns") && selector.Matches(labels.Set(e.pod.Labels)) {
				due = append(due, e)
			}
		}
		s.mu.Unlock()
		for _, e := range due {
			if !send(e.kind, e.pod) {
				return
			}
		}
		since = now
		select {
		case <-cut:
			return
		case <-r.Context().Done():
			return
		case <-changed:
		case <-bookmark.C:
			mark := &corev1.Pod{TypeMeta: podType}
			mark.ResourceVersion = strconv.Itoa(since)
			if q.Get("allowWatchBookmarks") == "true" && !send("BOOKMARK", mark) {
				return
			}
		}
	}
}

var podType = metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}

func (s *apiServer) create(w http.ResponseWriter, r *http.Request) {
	p := &corev1.Pod{}
	if err := json.NewDecoder(r.Body).Decode(p); err != nil {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	p.Namespace = r.PathValue("ns")
	if !s.add(p) {
		refuse(w, http.StatusConflict, metav1.StatusReasonAlreadyExists, "there is one")
		return
	}
	answer(w, http.StatusCreated, p)
}

// add makes a pod, which begins to do what it does.
func (s *apiServer) add(p *corev1.Pod) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pods[key(p)] != nil {
		return false
	}
	p.TypeMeta = podType
	p.UID = types.UID(uuid.NewString())
	p.CreationTimestamp = metav1.Now()
	if p.Status.Phase == "" {
		p.Status.Phase = corev1.PodPending
	}
	s.put("ADDED", p)
	switch p.Annotations["does"] {
	case "succeeds":
		go s.live(p, corev1.PodRunning, corev1.PodSucceeded)
	case "fails":
		go s.live(p, corev1.PodRunning, corev1.PodFailed)
	case "waits":
		go s.live(p, corev1.PodRunning)
	}
	return true
}

func (s *apiServer) live(p *corev1.Pod, phases ...corev1.PodPhase) {
	for _, phase := range phases {
		time.Sleep(20 * time.Millisecond)
		s.change(p, func(p *corev1.Pod) { p.Status.Phase = phase })
	}
}

func key(p *corev1.Pod) string { return p.Namespace + "/" + p.Name }

// put keeps a version of a pod. The lock is held.
func (s *apiServer) put(kind string, p *corev1.Pod) {
	s.version++
	p.ResourceVersion = strconv.Itoa(s.version)
	s.pods[key(p)] = p
	if kind == "DELETED" {
		delete(s.pods, key(p))
	}
	s.history = append(s.history, event{s.version, kind, p.DeepCopy()})
	close(s.changed)
	s.changed = make(chan struct{})
}

// change changes a pod that is there.
func (s *apiServer) change(p *corev1.Pod, f func(*corev1.Pod)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.pods[key(p)]; now != nil && now.UID == p.UID {
		next := now.DeepCopy()
		f(next)
		s.put("MODIFIED", next)
	}
}

// vanish deletes a pod at once.
func (s *apiServer) vanish(p *corev1.Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.pods[key(p)]; now != nil {
		s.put("DELETED", now.DeepCopy())
	}
}

func (s *apiServer) named(r *http.Request) *corev1.Pod {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pods[r.PathValue("ns")+"/"+r.PathValue("name")]
}

func (s *apiServer) patch(w http.ResponseWriter, r *http.Request) {
	p := s.named(r)
	if p == nil {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound, "no such pod")
		return
	}
	var patch struct {
		Metadata struct {
			UID         types.UID         `json:"uid"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
	}
	if r.Header.Get("Content-Type") != "application/merge-patch+json" || json.NewDecoder(r.Body).Decode(&patch) != nil || patch.Metadata.UID != p.UID {
		refuse(w, http.StatusConflict, metav1.StatusReasonConflict, "the patch does not fit")
		return
	}
	s.change(p, func(p *corev1.Pod) {
		if p.Annotations == nil {
			p.Annotations = map[string]string{}
		}
		maps.Copy(p.Annotations, patch.Metadata.Annotations)
	})
	answer(w, http.StatusOK, s.named(r))
}

// remove deletes a pod in two steps, as a cluster does: its containers end, then it
// goes.
func (s *apiServer) remove(w http.ResponseWriter, r *http.Request) {
	p := s.named(r)
	if p == nil {
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound, "no such pod")
		return
	}
	var o metav1.DeleteOptions
	_ = json.NewDecoder(r.Body).Decode(&o)
	if o.Preconditions != nil && o.Preconditions.UID != nil && *o.Preconditions.UID != p.UID {
		refuse(w, http.StatusConflict, metav1.StatusReasonConflict, "another pod by now")
		return
	}
	if o.PropagationPolicy == nil || *o.PropagationPolicy != metav1.DeletePropagationBackground {
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, "its executors would stay")
		return
	}
	s.change(p, func(p *corev1.Pod) {
		now := metav1.Now()
		p.DeletionTimestamp = &now
	})
	go func() {
		time.Sleep(20 * time.Millisecond)
		s.change(p, func(p *corev1.Pod) {
			if p.Status.Phase == corev1.PodRunning {
				p.Status.Phase = corev1.PodFailed
			}
		})
		s.vanish(p)
	}()
	answer(w, http.StatusOK, p)
}

// cutWatches ends all connections that watch.
func (s *apiServer) cutWatches() { s.set(s.cutAll) }

// cutAll does it. The lock is held.
func (s *apiServer) cutAll() {
	close(s.cut)
	s.cut = make(chan struct{})
}

// expire cuts all watches and forgets history: to go on from before is refused as
// too old.
func (s *apiServer) expire() {
	s.set(func() {
		s.version++
		s.oldest, s.history = s.version, nil
		s.cutAll()
	})
}

// set changes what the server does.
func (s *apiServer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *apiServer) counts() (lists, watches int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lists, s.watches
}

func (s *apiServer) has(p *corev1.Pod) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pods[key(p)] != nil
}
