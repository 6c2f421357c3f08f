package main

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

type testCase struct {
	Package string `json:"package"`
	Name    string `json:"name"`
	Status  string `json:"status"` // passed, failed, skipped or error
	File    string `json:"file"`
	Row     int    `json:"row"`
	Message string `json:"message,omitempty"`
	// The expressions that failed, with the values of their variables below them.
	Explanation string `json:"explanation,omitempty"`
	Output      string `json:"output,omitempty"`
	DurationNs  int64  `json:"durationNs"`
}

type testResult struct {
	Cases    []testCase `json:"cases"`
	Coverage *coverage  `json:"coverage,omitempty"`
}

// test runs every rule named test_… with OPA's own tester, on modules that passed the check.
func test(req request) (any, []diagnostic) {
	policy, diagnostics := compileChecked(req, true)
	if policy == nil {
		return nil, diagnostics
	}
	if _, err := regexp.Compile(req.Filter); err != nil {
		return nil, append(diagnostics, diagnostic{Severity: "error", Code: "filter_invalid", Message: err.Error(),
			Help: "the filter is a regular expression (RE2) over data.package.name"})
	}
	if req.List {
		return testResult{Cases: listTests(policy, regexp.MustCompile(req.Filter))}, diagnostics
	}
	store := inmem.NewFromObject(dataOf(req))
	var tracer *coverageTracer
	if req.Coverage {
		tracer = newCoverageTracer()
	}
	results, err := runTests(policy, store, req.Filter, tracer, false)
	if err != nil {
		return nil, append(diagnostics, fromError(err)...)
	}
	if err := explainFailures(policy, store, results); err != nil {
		return nil, append(diagnostics, fromError(err)...)
	}
	result := testResult{Cases: []testCase{}}
	for _, one := range results {
		result.Cases = append(result.Cases, describe(one))
	}
	sortCases(result.Cases)
	if tracer != nil {
		result.Coverage = coverageOf(tracer, policy.modules)
	}
	return result, diagnostics
}

func dataOf(req request) map[string]any {
	if req.Data == nil {
		return map[string]any{}
	}
	return req.Data
}

// runTests gives the results in no particular order. Tracing and coverage exclude each other.
func runTests(policy *checked, store storage.Store, filter string, coverage *coverageTracer, trace bool) ([]*tester.Result, error) {
	runner := tester.NewRunner().SetStore(store).SetModules(policy.modules).CapturePrintOutput(true).Filter(filter)
	if coverage != nil {
		runner = runner.SetCoverageQueryTracer(coverage)
	}
	runner = runner.EnableTracing(trace)
	var results []*tester.Result
	ctx := context.Background()
	err := storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		channel, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		for one := range channel {
			results = append(results, one)
		}
		return nil
	})
	return results, err
}

// explainFailures runs the tests that failed once more with a trace, which is what knows the values of variables, and is
// too dear to be kept of every test.
func explainFailures(policy *checked, store storage.Store, results []*tester.Result) error {
	failed := map[string]*tester.Result{}
	var names []string
	for _, one := range results {
		if one.Fail {
			name := one.Package + "." + one.Name
			failed[name] = one
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	traced, err := runTests(policy, store, "^("+strings.Join(names, "|")+")$", nil, true)
	if err != nil {
		return err
	}
	for _, one := range traced {
		if original := failed[one.Package+"."+one.Name]; original != nil {
			original.Trace, original.SubResults = one.Trace, one.SubResults
		}
	}
	return nil
}

func describe(one *tester.Result) testCase {
	out := testCase{Package: one.Package, Name: one.Name, Output: string(one.Output), DurationNs: one.Duration.Nanoseconds(), Status: "passed"}
	if one.Location != nil {
		out.File, out.Row = one.Location.File, one.Location.Row
	}
	switch {
	case one.Error != nil:
		out.Status, out.Message = "error", one.Error.Error()
	case one.Skip:
		out.Status = "skipped"
	case one.Fail:
		out.Status = "failed"
		out.Message, out.Explanation = describeFailure(one)
	}
	return out
}

func describeFailure(one *tester.Result) (message, explanation string) {
	var failedCases, parts []string
	for path, sub := range one.SubResults.Iter {
		if !sub.Fail || len(sub.SubResults) > 0 {
			continue
		}
		// Names of the levels above are left empty by OPA's iterator: the last one is the case's own.
		name := path[len(path)-1]
		failedCases = append(failedCases, name)
		if values, _ := failedExpression(sub.Trace); values != "" {
			parts = append(parts, "case "+name+"\n"+values)
		}
	}
	if len(failedCases) > 0 {
		return "failed for " + strings.Join(failedCases, ", "), strings.Join(parts, "\n")
	}
	values, text := failedExpression(one.Trace)
	if text == "" {
		return "it is not true", values
	}
	return "not true: " + text, values
}

// failedExpression finds the expression that failed last, and prints it with the values of its variables.
func failedExpression(trace []*topdown.Event) (values, text string) {
	for _, event := range slices.Backward(trace) {
		expr, ok := event.Node.(*ast.Expr)
		// The first query is the tester's own, and what fails in an `every` says more than the `every`.
		if event.Op != topdown.FailOp || event.Location == nil || event.QueryID == 0 || !ok || expr.IsEvery() {
			continue
		}
		var out bytes.Buffer
		if err := topdown.PrettyEvent(&out, event, topdown.PrettyEventOpts{PrettyVars: true}); err != nil {
			return "", ""
		}
		first, _, _ := strings.Cut(strings.TrimSpace(string(expr.BaseCogeneratedExpr().Location.Text)), "\n")
		return event.Location.String() + "\n" + strings.TrimRight(out.String(), "\n "), first
	}
	return "", ""
}

// listTests names the tests that would run.
func listTests(policy *checked, filter *regexp.Regexp) []testCase {
	cases := []testCase{}
	for file, module := range policy.modules {
		for _, rule := range module.Rules {
			ref := rule.Head.Ref()
			name := plain(ref[0].Value)
			skipped := strings.HasPrefix(name, tester.SkipTestPrefix)
			if !skipped && !strings.HasPrefix(name, tester.TestPrefix) {
				continue
			}
			pkg := module.Package.Path.String()
			if !filter.MatchString(pkg + "." + name) {
				continue
			}
			status := "passed"
			if skipped {
				status = "skipped"
			}
			cases = append(cases, testCase{Package: pkg, Name: name, Status: status, File: file, Row: rule.Location.Row})
		}
	}
	sortCases(cases)
	return cases
}

func sortCases(cases []testCase) {
	slices.SortStableFunc(cases, func(a, b testCase) int {
		if order := strings.Compare(a.File, b.File); order != 0 {
			return order
		}
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return strings.Compare(a.Name, b.Name)
	})
}
