package main

import (
	"errors"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
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
	// Where the text that is meant ends: the place behind its last character.
	EndRow int `json:"end_row,omitempty"`
	EndCol int `json:"end_col,omitempty"`
}

func at(location *ast.Location, severity, code, message, help string) diagnostic {
	d := diagnostic{Severity: severity, Code: code, Message: message, Help: help}
	if location == nil {
		return d
	}
	d.File = location.File
	if location.Row > 0 {
		d.Row, d.Col = location.Row, location.Col
		d.EndRow, d.EndCol = endOf(location)
	}
	return d
}

func endOf(location *ast.Location) (row, col int) {
	text := string(location.Text)
	if text == "" {
		return 0, 0
	}
	if last := strings.LastIndexByte(text, '\n'); last >= 0 {
		return location.Row + strings.Count(text, "\n"), utf8.RuneCountInString(text[last+1:]) + 1
	}
	return location.Row, location.Col + utf8.RuneCountInString(text)
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
	var evaluation *topdown.Error
	var several rego.Errors
	switch {
	case errors.As(err, &several):
		for _, e := range several {
			out = append(out, fromError(e)...)
		}
	case errors.As(err, &list):
		for _, e := range list {
			out = append(out, fromAstError(e))
		}
	case errors.As(err, &one):
		out = append(out, fromAstError(one))
	case errors.As(err, &evaluation):
		out = append(out, at(evaluation.Location, "error", evaluation.Code, evaluation.Message, ""))
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

func plain(value ast.Value) string {
	if text, ok := value.(ast.String); ok {
		return string(text)
	}
	return value.String()
}
