package main

import (
	"context"
	"regexp"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
)

type testCase struct {
	Package    string `json:"package"`
	Name       string `json:"name"`
	Status     string `json:"status"` // passed, failed, skipped or error
	File       string `json:"file"`
	Row        int    `json:"row"`
	Message    string `json:"message,omitempty"`
	Output     string `json:"output,omitempty"`
	DurationNs int64  `json:"durationNs"`
}

type testResult struct {
	Cases    []testCase    `json:"cases"`
	Coverage *cover.Report `json:"coverage,omitempty"`
}

// test runs every rule named test_… with OPA's own tester, on modules that passed the check.
func test(req request) (any, []diagnostic) {
	policy, diagnostics := compileChecked(req, true)
	if policy == nil {
		return nil, diagnostics
	}
	if _, err := regexp.Compile(req.Filter); err != nil {
		return nil, append(diagnostics, diagnostic{Severity: "error", Code: "filter_invalid", Message: err.Error(),
			Help: "the filter is a regular expression (RE2) over package.name"})
	}
	ctx := context.Background()
	data := req.Data
	if data == nil {
		data = map[string]any{}
	}
	store := inmem.NewFromObject(data)
	runner := tester.NewRunner().SetStore(store).SetModules(policy.modules).CapturePrintOutput(true).Filter(req.Filter)
	var coverage *cover.Cover
	if req.Coverage {
		coverage = cover.New()
		runner = runner.SetCoverageQueryTracer(coverage)
	}
	result := testResult{Cases: []testCase{}}
	err := storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		results, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		for one := range results {
			result.Cases = append(result.Cases, describe(one))
		}
		return nil
	})
	if err != nil {
		return nil, append(diagnostics, fromError(err)...)
	}
	if coverage != nil {
		report := coverage.Report(policy.modules)
		result.Coverage = &report
	}
	return result, diagnostics
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
		if one.FailedAt != nil {
			out.Message = one.FailedAt.String()
		}
	}
	return out
}
