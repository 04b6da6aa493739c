package statement

import "container/list"

// shelf holds statements that have ended, in the order in which to free them:
// those whose result was read to its end first, then the others, oldest first.
// The zero value is empty.
type shelf struct {
	read, unread list.List
}

// place is where a statement stands on a shelf.
type place struct {
	on   *list.List
	mark *list.Element
}

func (s *shelf) len() int { return s.read.Len() + s.unread.Len() }

// put places a statement last among its like.
func (s *shelf) put(st *statement, read bool) place {
	on := &s.unread
	if read {
		on = &s.read
	}
	return place{on, on.PushBack(st)}
}

// take removes what stands at p.
func (p place) take() {
	if p.on != nil {
		p.on.Remove(p.mark)
	}
}

// first is the first statement that nobody is reading, or the first of those with a
// file; nil when there is none.
func (s *shelf) first(withFile bool) *statement {
	for _, l := range []*list.List{&s.read, &s.unread} {
		for e := l.Front(); e != nil; e = e.Next() {
			if st, ok := e.Value.(*statement); ok && st.readers == 0 && (st.file > 0 || !withFile) {
				return st
			}
		}
	}
	return nil
}
