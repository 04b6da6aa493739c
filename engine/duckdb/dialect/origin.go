package dialect

import (
	"slices"
	"strings"
)

// Origin finds the place in the text that the user wrote of what stands at byte
// offset off of the DuckDB statement that was made of it. Words, names and
// literals go from one to the other in the order in which they stand, so the third
// x of one is the third of the other, as long as both have as many. It is false
// where that doesn't hold, since a wrong place is worse than none.
func Origin(written, sql string, off int) (int, bool) {
	if off >= len(sql) {
		return len(strings.TrimRight(written, "; \t\r\n")), true
	}
	made, err := lexMade(sql)
	if err != nil {
		return 0, false
	}
	at := 0
	for at < len(made)-1 && made[at].End <= off {
		at++
	}
	for at+2 < len(made) && strings.HasPrefix(sql[made[at].Off:made[at].End], library) { // our name of a function
		at += 2
	}
	source, err := Lex(written, false)
	if err != nil {
		return 0, false
	}
	want := sameAs(sql, made[at])
	all := places(sql, made, want)
	found := places(written, source, want)
	switch i, _ := slices.BinarySearch(all, made[at].Off); {
	case len(found) == 1:
		return found[0], true
	case len(found) == len(all) && i < len(found):
		return found[i], true
	}
	return 0, false
}

// places are the offsets of the tokens that are what is wanted.
func places(src string, tokens []Token, want string) []int {
	var out []int
	for _, t := range tokens {
		if t.Kind != Space && t.Kind != Comment && sameAs(src, t) == want {
			out = append(out, t.Off)
		}
	}
	return out
}

// sameAs is the same for tokens that are the same to both: a word in quotes is
// the word.
func sameAs(src string, t Token) string {
	switch t.Kind {
	case Word:
		text := lower(src[t.Off:t.End])
		if strings.HasPrefix(text, casting) {
			return "cast"
		}
		return text
	case Name:
		if strings.HasPrefix(t.Value, casting) {
			return "cast"
		}
		return lower(t.Value)
	case String:
		return "'" + t.Value
	default:
		return src[t.Off:t.End]
	}
}

// lexMade splits a text of DuckDB's, where a backslash in a string is a letter.
func lexMade(sql string) ([]Token, error) {
	l := lexer{src: sql, plain: true}
	var tokens []Token
	for l.pos < len(sql) {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
	}
	return tokens, nil
}
