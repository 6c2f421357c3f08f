package main

import (
	"context"
	"sort"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// The entrypoint whose value the runtime's own is compared with.
const decisionPath = "data.sallyport.decision"

// explainInput is one input to be judged, and the moment at which that is.
type explainInput struct {
	Input any `json:"input"`
	// Nanoseconds since the epoch, in decimal: more digits than the host's numbers hold.
	Now int64 `json:"now,string"`
}

type explainResult struct {
	Explanations []explanation `json:"explanations"`
}

type explanation struct {
	// OPA's own decision: what the WASM engine's must be equal to. Null where OPA has none.
	Decision any `json:"decision"`
	// Why it has none.
	Error string `json:"error,omitempty"`
	// Every effect rule of every package under `policy` that is asked at the input's stage, by file and row.
	Rules []explainedRule `json:"rules"`
}

// explainedRule is one effect rule, evaluated by itself: no index, no early exit and no other rule stands between.
type explainedRule struct {
	Package string `json:"package"`
	Rule    string `json:"rule"`
	// As it is written: `deny contains "no drops"`.
	Head string `json:"head"`
	// From its METADATA.
	ID       string `json:"id,omitempty"`
	Title    string `json:"title,omitempty"`
	Severity string `json:"severity,omitempty"`
	File     string `json:"file"`
	Row      int    `json:"row"`
	EndRow   int    `json:"end_row"`
	Fired    bool   `json:"fired"`
	// Its entry says `"accept": "incomplete"`.
	Accepts bool `json:"accepts"`
	// What it gave, at most entryLimit of them.
	Entries []quoted `json:"entries"`
	// How many it gave.
	Given      int         `json:"given"`
	Conditions []condition `json:"conditions"`
	// Why it could not be evaluated.
	Error string `json:"error,omitempty"`
}

const entryLimit = 20

// condition is one expression of a body.
type condition struct {
	Text string `json:"text"`
	File string `json:"file"`
	Row  int    `json:"row"`
	Col  int    `json:"col"`
	// Gives names to values (`some x in xs`, `x := …`) and tests nothing, unless there are no values.
	Binding bool   `json:"binding"`
	State   string `json:"state"`
	// With which values it was tried, at most tryLimit times; `tried` says how often.
	Tries   []try     `json:"tries"`
	Tried   int       `json:"tried"`
	Because []outcome `json:"because,omitempty"`
	// How many outcomes were left out of `because`.
	More int `json:"more,omitempty"`
}

const (
	held      = "held"
	failed    = "failed"
	unreached = "unreached"
)

// outcome is what became of one body of a rule or function that a condition asks.
type outcome struct {
	// rule, else, default or every (one element of an `every`).
	Kind      string       `json:"kind"`
	Name      string       `json:"name"`
	File      string       `json:"file"`
	Row       int          `json:"row"`
	Arguments []namedValue `json:"arguments,omitempty"`
	Held      bool         `json:"held"`
	// What it gave, where it held and that is not plain true.
	Value *quoted `json:"value,omitempty"`
	// The condition at which it stopped; absent where it held, or where the arguments did not fit.
	Stopped *condition `json:"stopped,omitempty"`
}

// explain says of each effect rule whether it fired on each of the inputs, and if not, which of its conditions stood in the way.
func explain(req request) (any, []diagnostic) {
	policy, diagnostics := compileChecked(req, false)
	if policy == nil {
		return nil, diagnostics
	}
	result := explainResult{Explanations: []explanation{}}
	for _, one := range req.Cases {
		err := withEvaluation(policy.compiler, req.Data, one, func(e *evaluation) error {
			explained, err := e.explain(policy)
			result.Explanations = append(result.Explanations, explained)
			return err
		})
		if err != nil {
			return nil, append(diagnostics, fromError(err)...)
		}
	}
	return result, diagnostics
}

func (e *evaluation) explain(policy *checked) (explanation, error) {
	out := explanation{Rules: e.explainRules(policy)}
	decision, err := e.value(ast.MustParseRef(decisionPath))
	if err != nil {
		// That OPA cannot decide is part of the answer, no reason to be silent about the rules.
		out.Error = err.Error()
	} else if decision != nil {
		out.Decision, err = ast.JSON(decision.Value)
		return out, err
	}
	return out, nil
}

func (e *evaluation) explainRules(policy *checked) []explainedRule {
	rules := []explainedRule{}
	for _, file := range sortedKeys(policy.modules) {
		module := policy.compiler.Modules[file]
		if module == nil || !module.Package.Path.HasPrefix(policyRoot) {
			continue
		}
		for _, rule := range module.Rules {
			effect, position := effectOf(rule)
			if effect == "" {
				continue
			}
			if place := placeOfEffect(rule, position); stageOf(place) == e.stage() {
				rules = append(rules, e.explainRule(rule, effect, strings.TrimPrefix(place.String(), "data.")))
			}
		}
	}
	return rules
}

// stage is the one that the input is of; without one it is a command's.
func (e *evaluation) stage() stage {
	if object, ok := e.input.Value.(ast.Object); ok {
		if value := object.Get(ast.StringTerm("stage")); value != nil && value.Equal(ast.StringTerm(string(sessionStage))) {
			return sessionStage
		}
	}
	return commandStage
}

func (e *evaluation) explainRule(rule *ast.Rule, effect, place string) explainedRule {
	location := rule.Location
	out := explainedRule{
		Package: place, Rule: effect, Head: shorten(oneLine(string(rule.Head.Location.Text)), textLimit), File: location.File, Row: location.Row, EndRow: location.Row,
		Entries: []quoted{}, Conditions: []condition{}, Accepts: accepts(rule.Head.Key),
	}
	if row, _ := endOf(location); row > 0 {
		out.EndRow = row
	}
	describeRule(&out, rule)
	groups := groupsOf(rule.Body, rule.Head.Location)
	out.Conditions = e.explainBody(rule, groups, &out)
	return out
}

// explainBody evaluates a body, and where it stops once more without the condition that stopped it: so it finds all
// conditions that stand in the way, not only the first. Conditions that need a value which the stopped one would have
// given are left out with it.
func (e *evaluation) explainBody(rule *ast.Rule, groups *grouping, out *explainedRule) []condition {
	states := make([]condition, len(groups.list))
	left := map[int]bool{}
	for round := 0; ; round++ {
		body := groups.without(left)
		tracer := newTracer(groups)
		entries := map[string]bool{}
		tracer.onExit = func(event *topdown.Event) {
			if round > 0 {
				return
			}
			out.Fired = true
			entry := quote(event.Plug(rule.Head.Key))
			if key := string(entry.Value) + entry.Excerpt; !entries[key] {
				entries[key] = true
				out.Given++
				if len(out.Entries) < entryLimit {
					out.Entries = append(out.Entries, entry)
				}
			}
		}
		if len(body) > 0 {
			if err := e.run(body, tracer, nil); err != nil {
				out.Fired = false
				out.Error = err.Error()
				return e.conditions(groups, states)
			}
		}
		top := tracer.top
		if len(body) == 0 || top == nil || top.exited {
			for i := range groups.list {
				if !left[i] {
					states[i] = e.stateOf(top, i, held)
				}
			}
			return e.conditions(groups, states)
		}
		stop := groups.of(top.body[top.furthest])
		states[stop] = e.stateOf(top, stop, failed)
		left[stop] = true
		for _, i := range groups.dependents(stop) {
			if !left[i] {
				left[i] = true
				states[i] = condition{State: unreached}
			}
		}
	}
}

// conditions puts the states into the order of the source. What stands in the head (a message that is put together) is
// only worth a word where it fails.
func (e *evaluation) conditions(groups *grouping, states []condition) []condition {
	out := []condition{}
	for i, group := range groups.list {
		state := states[i]
		if state.State == "" {
			state.State = unreached
		}
		if group.head && state.State != failed || group.trivial() {
			continue
		}
		out = append(out, group.describe(state))
	}
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].Row < out[j].Row || out[i].Row == out[j].Row && out[i].Col < out[j].Col
	})
	return out
}

// accepts tells whether an entry says, as it is written, that it takes incomplete commands.
func accepts(key *ast.Term) bool {
	if key == nil {
		return false
	}
	object, ok := key.Value.(ast.Object)
	if !ok {
		return false
	}
	value := object.Get(ast.StringTerm("accept"))
	return value != nil && value.Equal(ast.StringTerm("incomplete"))
}

// describeRule takes what the rule's METADATA says; a document's annotations are those of each of its rules.
func describeRule(out *explainedRule, rule *ast.Rule) {
	for _, annotation := range rule.Annotations {
		if annotation.Scope != "rule" && annotation.Scope != "document" {
			continue
		}
		out.Title = annotation.Title
		out.ID, _ = annotation.Custom["id"].(string)
		out.Severity, _ = annotation.Custom["severity"].(string)
	}
}

// evaluation asks OPA's own evaluator about one input.
type evaluation struct {
	compiler *ast.Compiler
	store    storage.Store
	txn      storage.Transaction
	input    *ast.Term
	now      time.Time
	// Values of references, by their text.
	known map[string]*ast.Term
	// Rules that stand behind an `else`.
	elses map[*ast.Rule]bool
}

func withEvaluation(compiler *ast.Compiler, data map[string]any, one explainInput, use func(*evaluation) error) error {
	if data == nil {
		data = map[string]any{}
	}
	value, err := ast.InterfaceToValue(one.Input)
	if err != nil {
		return err
	}
	store := inmem.NewFromObject(data)
	e := &evaluation{
		compiler: compiler, store: store, input: ast.NewTerm(value), now: time.Unix(0, one.Now),
		known: map[string]*ast.Term{}, elses: elsesOf(compiler),
	}
	return storage.Txn(context.Background(), store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		e.txn = txn
		return use(e)
	})
}

// run evaluates a compiled body. Without the index, or a rule that it leaves out would leave no trace.
func (e *evaluation) run(body ast.Body, tracer topdown.QueryTracer, iter func(topdown.QueryResult) error) error {
	query := topdown.NewQuery(body).
		WithCompiler(e.compiler).
		WithStore(e.store).
		WithTransaction(e.txn).
		WithInput(e.input).
		WithIndexing(false).
		WithEarlyExit(false).
		WithTime(e.now)
	if tracer != nil {
		query = query.WithQueryTracer(tracer)
	}
	if iter == nil {
		iter = func(topdown.QueryResult) error { return nil }
	}
	return query.Iter(context.Background(), iter)
}

// value is what a reference without variables stands for; nil where it is undefined.
func (e *evaluation) value(ref ast.Ref) (*ast.Term, error) {
	name := ref.String()
	if value, ok := e.known[name]; ok {
		return value, nil
	}
	var found *ast.Term
	result := ast.VarTerm("result")
	body := ast.NewBody(ast.Equality.Expr(result, ast.NewTerm(ref)))
	err := e.run(body, nil, func(answer topdown.QueryResult) error {
		found = answer[ast.Var("result")]
		return nil
	})
	if err != nil {
		return nil, err
	}
	e.known[name] = found
	return found, nil
}

func elsesOf(compiler *ast.Compiler) map[*ast.Rule]bool {
	elses := map[*ast.Rule]bool{}
	for _, module := range compiler.Modules {
		for _, rule := range module.Rules {
			for next := rule.Else; next != nil; next = next.Else {
				elses[next] = true
			}
		}
	}
	return elses
}
