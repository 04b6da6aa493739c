// Package thrift holds TCLIService.thrift, the HiveServer2 protocol in an
// interface file of our own, and the means to check it. The Go code generated
// from it is in the folder hive, and is committed, so that nobody needs a
// compiler to build.
//
// Only frontend/hs2 and engine/hiveserver2 may import the generated package: the
// protocol's types go no further than the edge. It is imported under the name
// tcli, because another package is called hive.
//
// The compiler must be Thrift 0.25.0, the library's version: its readers bound
// the depth of what strangers send. Debian's package is older; the sources are
// in the zip of the Go module github.com/apache/thrift, and cmake with
// -DBUILD_COMPILER=ON -DBUILD_LIBRARIES=OFF builds them in a few minutes. After
// a change to the interface file:
//
//	go generate ./thrift
//
// The folder published holds what the classes that Hive ships say about the
// protocol, and the program that asked them; TestPublishedFacts compares.
package thrift

//go:generate thrift --gen go:skip_remote -out . TCLIService.thrift
