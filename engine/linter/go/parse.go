package main

import (
	"errors"
	"sort"

	"github.com/open-policy-agent/opa/v1/ast"
)

// parseError says where a file could not be read any further.
type parseError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file"`
	Row     int    `json:"row"`
	Col     int    `json:"col"`
}

// parserOptions are Regal's, with the version of Rego fixed: Sallyport reads Rego v1 only.
func parserOptions() ast.ParserOptions {
	return ast.ParserOptions{ProcessAnnotation: true, Capabilities: capabilities, RegoVersion: ast.RegoV1}
}

var capabilities = ast.CapabilitiesForThisVersion()

func parseModules(sources map[string]string) (map[string]*ast.Module, []parseError) {
	modules := make(map[string]*ast.Module, len(sources))
	problems := []parseError{}
	for name, text := range sources {
		module, err := ast.ParseModuleWithOpts(name, text, parserOptions())
		if err != nil {
			problems = append(problems, parseErrors(name, err)...)
			continue
		}
		if module == nil {
			problems = append(problems, parseError{Code: "rego_parse_error", Message: "empty module", File: name, Row: 1, Col: 1})
			continue
		}
		modules[name] = module
	}
	sort.Slice(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		if a.File != b.File {
			return a.File < b.File
		}
		return a.Row < b.Row
	})
	return modules, problems
}

func parseErrors(name string, err error) []parseError {
	var list ast.Errors
	if !errors.As(err, &list) {
		return []parseError{{Code: "rego_parse_error", Message: err.Error(), File: name, Row: 1, Col: 1}}
	}
	out := make([]parseError, 0, len(list))
	for _, one := range list {
		found := parseError{Code: one.Code, Message: one.Message, File: name, Row: 1, Col: 1}
		if one.Location != nil && one.Location.Row > 0 {
			found.Row, found.Col = one.Location.Row, one.Location.Col
		}
		out = append(out, found)
	}
	return out
}
