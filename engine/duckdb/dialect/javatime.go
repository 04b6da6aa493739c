package dialect

import "strings"

// javaFields are the letters of Java's time patterns, by how often they stand in
// a row; the last one holds for more.
var javaFields = map[byte][]string{
	'y': {"%Y", "%y", "%Y"}, 'Y': {"%G"}, 'M': {"%-m", "%m", "%b", "%B"}, 'L': {"%-m", "%m", "%b", "%B"}, 'd': {"%-d", "%d"}, 'D': {"%-j", "%j", "%j"},
	'H': {"%-H", "%H"}, 'h': {"%-I", "%I"}, 'm': {"%-M", "%M"}, 's': {"%-S", "%S"}, 'S': {"%g", "%g", "%g", "%f"},
	'a': {"%p"}, 'E': {"%a", "%a", "%a", "%A"}, 'u': {"%u"}, 'w': {"%V"}, 'z': {"%Z"}, 'Z': {"%z"}, 'X': {"%z"},
}

// DuckPattern turns a pattern of Java's SimpleDateFormat into one of strftime.
func DuckPattern(java string) string {
	var b strings.Builder
	literal := func(s string) { b.WriteString(strings.ReplaceAll(s, "%", "%%")) }
	for i := 0; i < len(java); {
		c := java[i]
		if c == '\'' {
			end := strings.IndexByte(java[i+1:], '\'')
			switch {
			case end < 0:
				literal(java[i+1:])
				return b.String()
			case end == 0:
				b.WriteByte('\'')
			default:
				literal(java[i+1 : i+1+end])
			}
			i += end + 2
			continue
		}
		n := 1
		for i+n < len(java) && java[i+n] == c {
			n++
		}
		if fields := javaFields[c]; fields != nil {
			b.WriteString(fields[min(n, len(fields))-1])
		} else {
			literal(java[i : i+n])
		}
		i += n
	}
	return b.String()
}
