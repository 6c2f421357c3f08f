package main

import (
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// coverage says what of the policies was evaluated. Files are modules' names; tests and what the compiler generated
// are left out.
type coverage struct {
	Files map[string]fileCoverage `json:"files"`
}

// A span is first row, first column, last row, last column; all from 1, the last column is behind the last character.
type span [4]int

type fileCoverage struct {
	Covered    []span      `json:"covered"`
	NotCovered []span      `json:"notCovered"`
	Rules      []rulePlace `json:"rules"`
}

// rulePlace is where a rule stands in its file.
type rulePlace struct {
	// Package and rule: policy.production.deny.
	Rule string `json:"rule"`
	// METADATA custom.id.
	ID     string `json:"id,omitempty"`
	File   string `json:"file"`
	Row    int    `json:"row"`
	EndRow int    `json:"endRow"`
}

// coverageTracer is OPA's coverage, told of each expression and rule once: most are evaluated over and over, and working
// out each time where they end took a quarter of the run.
type coverageTracer struct {
	*cover.Cover
	mutex sync.Mutex
	seen  map[ast.Node]bool
}

func newCoverageTracer() *coverageTracer {
	return &coverageTracer{Cover: cover.New(), seen: map[ast.Node]bool{}}
}

func (t *coverageTracer) TraceEvent(event topdown.Event) {
	switch event.Node.(type) {
	case *ast.Rule:
		if event.Op != topdown.ExitOp {
			return
		}
	case *ast.Expr:
		if event.Op != topdown.EvalOp {
			return
		}
	default:
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.seen[event.Node] {
		t.seen[event.Node] = true
		t.Cover.TraceEvent(event)
	}
}

func coverageOf(tracer *coverageTracer, modules map[string]*ast.Module) *coverage {
	report := tracer.Report(modules)
	out := coverage{Files: map[string]fileCoverage{}}
	for name, module := range modules {
		file, ok := report.Files[name]
		if !ok || name == collectedFile || strings.HasSuffix(name, testSuffix) {
			continue
		}
		rules := []rulePlace{}
		for _, rule := range module.Rules {
			rules = append(rules, placeOf(rule))
		}
		out.Files[name] = fileCoverage{Covered: spansOf(file.Covered), NotCovered: spansOf(file.NotCovered), Rules: rules}
	}
	return &out
}

func spansOf(ranges []cover.Range) []span {
	spans := make([]span, 0, len(ranges))
	for _, r := range ranges {
		spans = append(spans, span{r.Start.Row, r.Start.Col, r.End.Row, r.End.Col})
	}
	return spans
}

func placeOf(rule *ast.Rule) rulePlace {
	name := rule.Module.Package.Path.Extend(rule.Head.Ref().GroundPrefix()).String()
	endRow, _ := rule.Location.End()
	place := rulePlace{Rule: strings.TrimPrefix(name, "data."), File: rule.Location.File, Row: rule.Location.Row, EndRow: endRow}
	for _, annotations := range rule.Annotations {
		if id, ok := annotations.Custom["id"].(string); ok {
			place.ID = id
		}
	}
	return place
}
