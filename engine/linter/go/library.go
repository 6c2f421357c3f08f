package main

import (
	"maps"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// The library that was asked about last, and its names: requests of one run have the same one.
var (
	libraryRead  map[string]string
	libraryNames [][]string
)

// namesOf gives the paths of the rules and functions of modules, from `data`, without tests.
func namesOf(sources map[string]string) ([][]string, error) {
	if libraryRead != nil && maps.Equal(libraryRead, sources) {
		return libraryNames, nil
	}
	names := map[string][]string{}
	for _, file := range util.KeysSorted(sources) {
		if strings.HasSuffix(file, "_test.rego") {
			continue
		}
		module, err := ast.ParseModuleWithOpts(file, sources[file], parserOptions())
		if err != nil {
			return nil, &failure{Kind: "rules", Message: err.Error()}
		}
		for _, rule := range module.Rules {
			path := append(textOf(module.Package.Path), textOf(rule.Head.Ref().GroundPrefix())...)
			names[strings.Join(path, ".")] = path
		}
	}
	list := make([][]string, 0, len(names))
	for _, name := range util.KeysSorted(names) {
		list = append(list, names[name])
	}
	libraryRead, libraryNames = sources, list
	return list, nil
}

// textOf gives the parts of a reference that are names.
func textOf(ref ast.Ref) []string {
	path := make([]string, 0, len(ref))
	for _, term := range ref {
		switch value := term.Value.(type) {
		case ast.Var:
			path = append(path, string(value))
		case ast.String:
			path = append(path, string(value))
		}
	}
	return path
}
