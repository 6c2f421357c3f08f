package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

type exerciseResult struct {
	// For each input the rules that held.
	Fired    [][]rulePlace `json:"fired"`
	Coverage *coverage     `json:"coverage,omitempty"`
}

// exercise evaluates the decision for each input in OPA's own engine, and watches. A compiled module cannot be watched.
func exercise(req request) (any, []diagnostic) {
	policy, diagnostics := compileChecked(req, false)
	if policy == nil {
		return nil, diagnostics
	}
	ctx := context.Background()
	query, err := rego.New(
		rego.Query("data.sallyport.decision"),
		rego.Compiler(policy.compiler),
		rego.Store(inmem.NewFromObject(dataOf(req))),
	).PrepareForEval(ctx)
	if err != nil {
		return nil, append(diagnostics, fromError(err)...)
	}
	var tracer *coverageTracer
	if req.Coverage {
		tracer = newCoverageTracer()
	}
	result := exerciseResult{Fired: [][]rulePlace{}}
	for _, input := range req.Inputs {
		fired := &firedRules{}
		options := []rego.EvalOption{rego.EvalInput(input), rego.EvalTime(momentOf(input))}
		if tracer != nil {
			options = append(options, rego.EvalQueryTracer(tracer))
		} else {
			options = append(options, rego.EvalQueryTracer(fired))
		}
		// An error stops one evaluation; what it went through until then counts all the same.
		_, _ = query.Eval(ctx, options...)
		result.Fired = append(result.Fired, fired.places())
	}
	if tracer != nil {
		result.Coverage = coverageOf(tracer, policy.modules)
	}
	return result, diagnostics
}

// momentOf is the input's own clock: the only one that a policy has.
func momentOf(input any) time.Time {
	if object, ok := input.(map[string]any); ok {
		if text, ok := object["now"].(string); ok {
			if moment, err := time.Parse(time.RFC3339Nano, text); err == nil {
				return moment
			}
		}
	}
	return time.Time{}
}

// firedRules remembers the rules of policies that were left with a value.
type firedRules struct {
	rules []*ast.Rule
}

func (*firedRules) Enabled() bool { return true }

func (*firedRules) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (f *firedRules) TraceEvent(event topdown.Event) {
	if event.Op != topdown.ExitOp {
		return
	}
	rule, ok := event.Node.(*ast.Rule)
	if !ok || rule.Location == nil || rule.Location.File == collectedFile || slices.Contains(f.rules, rule) {
		return
	}
	f.rules = append(f.rules, rule)
}

func (f *firedRules) places() []rulePlace {
	places := []rulePlace{}
	for _, rule := range f.rules {
		places = append(places, placeOf(rule))
	}
	slices.SortFunc(places, func(a, b rulePlace) int {
		if order := strings.Compare(a.File, b.File); order != 0 {
			return order
		}
		return a.Row - b.Row
	})
	return places
}
