// Package page writes an OpenAPI 3.0 document as a web page for people: one file
// of HTML and one of CSS, without scripts and without anything from elsewhere.
//
// It must not know which API the document describes, nor how the page is served.
package page
