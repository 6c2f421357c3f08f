package main

import (
	"context"
	"fmt"
	"sort"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/styrainc/regal/pkg/config"
	"github.com/styrainc/regal/pkg/report"
	"github.com/styrainc/roast/pkg/encoding"
	"github.com/styrainc/roast/pkg/transform"
)

// lintResult is what was found in each file by itself, and what rules over several files need to know of them.
type lintResult struct {
	Violations       []report.Violation             `json:"violations"`
	Notices          []report.Notice                `json:"notices"`
	Unparsed         []parseError                   `json:"unparsed"`
	Linted           []string                       `json:"linted"`
	Aggregates       map[string][]map[string]any    `json:"aggregates"`
	IgnoreDirectives map[string]map[string][]string `json:"ignore_directives"`
}

// lint runs the rules on one file after the other. A file that does not parse does not keep the others from it.
func lint(req request) (any, error) {
	made, err := linterFor(req)
	if err != nil {
		return nil, err
	}
	settings, err := made.configure(req)
	if err != nil {
		return nil, err
	}
	modules, unparsed := parseModules(req.Modules)
	ignore := settings.Ignore.Files
	if len(req.IgnoreFiles) > 0 {
		ignore = req.IgnoreFiles
	}
	names := make([]string, 0, len(modules))
	for name := range modules {
		names = append(names, name)
	}
	sort.Strings(names)
	names, err = config.FilterIgnoredPaths(names, ignore, false, req.PathPrefix)
	if err != nil {
		return nil, &failure{Kind: "config", Message: err.Error()}
	}
	result := lintResult{
		Violations: []report.Violation{}, Notices: []report.Notice{}, Unparsed: unparsed, Linted: names,
		Aggregates: map[string][]map[string]any{}, IgnoreDirectives: map[string]map[string][]string{},
	}
	for _, name := range names {
		input, err := transform.ToAST(name, req.Modules[name], modules[name], req.Collect)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found, err := made.evaluate(input)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		result.add(found)
	}
	return result, nil
}

func (result *lintResult) add(found found) {
	sortViolations(found.Violations)
	result.Violations = append(result.Violations, found.Violations...)
	result.Notices = append(result.Notices, found.Notices...)
	for rule, entries := range found.Aggregates {
		// A rule that was asked and had nothing to say gives an empty object: it is to be asked about the whole.
		kept := result.Aggregates[rule]
		if kept == nil {
			kept = []map[string]any{}
		}
		for _, entry := range entries {
			if len(entry) > 0 {
				kept = append(kept, entry)
			}
		}
		result.Aggregates[rule] = kept
	}
	for file, rows := range found.IgnoreDirectives {
		result.IgnoreDirectives[file] = rows
	}
}

// aggregate runs the rules over several files on what lint collected from each.
func aggregate(req request) (any, error) {
	made, err := linterFor(req)
	if err != nil {
		return nil, err
	}
	if _, err := made.configure(req); err != nil {
		return nil, err
	}
	input, err := transform.ToOPAInputValue(map[string]any{
		"aggregates_internal": req.Aggregates,
		"ignore_directives":   req.IgnoreDirectives,
		"regal": map[string]any{
			"operations": []string{"aggregate"},
			"file":       map[string]any{"name": "__aggregate_report__", "lines": []string{}},
		},
	})
	if err != nil {
		return nil, err
	}
	found, err := made.evaluate(input)
	if err != nil {
		return nil, err
	}
	violations := nonNil(found.Aggregate.Violations)
	sortViolations(violations)
	return map[string]any{"violations": violations}, nil
}

// found is the value of data.regal.main.lint.
type found struct {
	Violations       []report.Violation             `json:"violations"`
	Notices          []report.Notice                `json:"notices"`
	Aggregates       map[string][]map[string]any    `json:"aggregates"`
	IgnoreDirectives map[string]map[string][]string `json:"ignore_directives"`
	Aggregate        struct {
		Violations []report.Violation `json:"violations"`
	} `json:"aggregate"`
}

func (made *linter) evaluate(input ast.Value) (found, error) {
	var out found
	results, err := made.query.Eval(context.Background(), rego.EvalParsedInput(input))
	if err != nil {
		return out, err
	}
	if len(results) != 1 {
		return out, fmt.Errorf("the linter gave %d results", len(results))
	}
	return out, encoding.JSONRoundTrip(results[0].Bindings["lint"], &out)
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// sortViolations puts into the order of the file what comes in the order of a set.
func sortViolations(list []report.Violation) {
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		switch {
		case a.Location.File != b.Location.File:
			return a.Location.File < b.Location.File
		case a.Location.Row != b.Location.Row:
			return a.Location.Row < b.Location.Row
		case a.Location.Column != b.Location.Column:
			return a.Location.Column < b.Location.Column
		case a.Category != b.Category:
			return a.Category < b.Category
		case a.Title != b.Title:
			return a.Title < b.Title
		}
		return a.Description < b.Description
	})
}
