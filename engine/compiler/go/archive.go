package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
)

// packArchive makes a bundle's archive of files as OPA's own writer does: no times, no owners, and compressed by Go on
// every machine. Hence the same files give the same bytes, which zlib of one Node version or another would not promise.
func packArchive(req request) (any, []diagnostic) {
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	writer := tar.NewWriter(compressed)
	for _, name := range sortedKeys(req.Files) {
		content, err := base64.StdEncoding.DecodeString(req.Files[name])
		if err != nil {
			return nil, []diagnostic{failure(fmt.Errorf("%s: %w", name, err))}
		}
		header := tar.Header{Name: "/" + strings.TrimPrefix(name, "/"), Mode: 0o600, Typeflag: tar.TypeReg, Size: int64(len(content))}
		if err := writer.WriteHeader(&header); err != nil {
			return nil, []diagnostic{failure(err)}
		}
		if _, err := writer.Write(content); err != nil {
			return nil, []diagnostic{failure(err)}
		}
	}
	if err := writer.Close(); err != nil {
		return nil, []diagnostic{failure(err)}
	}
	if err := compressed.Close(); err != nil {
		return nil, []diagnostic{failure(err)}
	}
	return map[string]any{"bundle": archive.Bytes()}, nil
}
