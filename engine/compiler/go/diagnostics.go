package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// diagnostic is Sallyport's Diagnostic (contract.v1.schema.json). Rows and columns count from 1.
type diagnostic struct {
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Help     string `json:"help,omitempty"`
	File     string `json:"file,omitempty"`
	Row      int    `json:"row,omitempty"`
	Col      int    `json:"col,omitempty"`
}

func at(location *ast.Location, severity, code, message, help string) diagnostic {
	d := diagnostic{Severity: severity, Code: code, Message: message, Help: help}
	if location != nil {
		d.File, d.Row, d.Col = location.File, location.Row, location.Col
	}
	return d
}

func failure(err error) diagnostic {
	return diagnostic{Severity: "error", Code: "compiler_failure", Message: err.Error()}
}

// fromError turns whatever OPA reports into diagnostics, in the order of the sources.
func fromError(err error) []diagnostic {
	if err == nil {
		return nil
	}
	var out []diagnostic
	var list ast.Errors
	var one *ast.Error
	switch {
	case errors.As(err, &list):
		for _, e := range list {
			out = append(out, fromAstError(e))
		}
	case errors.As(err, &one):
		out = append(out, fromAstError(one))
	default:
		out = append(out, failure(err))
	}
	sortDiagnostics(out)
	return out
}

func sortDiagnostics(list []diagnostic) {
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Row != b.Row {
			return a.Row < b.Row
		}
		return a.Col < b.Col
	})
}

func fromAstError(e *ast.Error) diagnostic {
	return at(e.Location, "error", e.Code, e.Message, helpFor(e))
}

// helpFor says the way out, from what OPA's checker knows besides its message.
func helpFor(e *ast.Error) string {
	switch detail := e.Details.(type) {
	case *ast.RefErrInvalidDetail:
		if len(detail.OneOf) > 0 {
			names := make([]string, 0, len(detail.OneOf))
			for _, name := range detail.OneOf {
				names = append(names, plain(name))
			}
			sort.Strings(names)
			return fmt.Sprintf("%s has: %s", detail.Ref[:detail.Pos], strings.Join(names, ", "))
		}
	case *ast.RefErrUnsupportedDetail:
		return fmt.Sprintf("%s is %v, which has no parts", detail.Ref[:detail.Pos], detail.Have)
	}
	if name, ok := strings.CutPrefix(e.Message, "undefined function "); ok {
		return missingBuiltinHelp(name)
	}
	return ""
}

func plain(value ast.Value) string {
	if text, ok := value.(ast.String); ok {
		return string(text)
	}
	return value.String()
}
