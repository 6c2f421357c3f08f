package main

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// outsideRoots finds the packages and data that stand outside the roots that a bundle's manifest declares: OPA refuses to
// activate such a bundle (its documentation, "Bundle File Format").
func outsideRoots(req request, modules map[string]*ast.Module) []diagnostic {
	if req.Roots == nil {
		return nil
	}
	var diagnostics []diagnostic
	help := "its roots are " + strings.Join(req.Roots, ", ")
	for _, file := range sortedKeys(modules) {
		if isOurs(file) || strings.HasSuffix(file, testSuffix) {
			continue
		}
		path, err := modules[file].Package.Path.Ptr()
		if err == nil && !withinRoots(req.Roots, path) {
			diagnostics = append(diagnostics, at(modules[file].Package.Location, "error", "outside_bundle_roots",
				fmt.Sprintf("the package %s stands outside the bundle's roots", modules[file].Package.Path), help))
		}
	}
	for _, path := range dataPaths(req.Data, req.Roots, "") {
		diagnostics = append(diagnostics, diagnostic{Severity: "error", Code: "outside_bundle_roots",
			Message: fmt.Sprintf("the data at %s stands outside the bundle's roots", path), Help: help})
	}
	return diagnostics
}

// dataPaths gives the shallowest paths of a data document below which nothing can belong to a root.
func dataPaths(node map[string]any, roots []string, above string) []string {
	var outside []string
	for _, key := range sortedKeys(node) {
		path := strings.TrimPrefix(above+"/"+key, "/")
		if withinRoots(roots, path) {
			continue
		}
		inner, isObject := node[key].(map[string]any)
		if isObject && leadsToRoot(roots, path) {
			outside = append(outside, dataPaths(inner, roots, path)...)
		} else {
			outside = append(outside, path)
		}
	}
	return outside
}

func withinRoots(roots []string, path string) bool {
	for _, root := range roots {
		root = strings.Trim(root, "/")
		if root == "" || path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

func leadsToRoot(roots []string, path string) bool {
	for _, root := range roots {
		if strings.HasPrefix(strings.Trim(root, "/"), path+"/") {
			return true
		}
	}
	return false
}
