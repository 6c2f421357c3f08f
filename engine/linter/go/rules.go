package main

import (
	"slices"
	"sort"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ruleInfo is what is known of a rule without running it.
type ruleInfo struct {
	Category    string `json:"category"`
	Name        string `json:"name"`
	Description string `json:"description"`
	URL         string `json:"url,omitempty"`
	// error, warning or ignore, with the settings of the request.
	Level string `json:"level"`
	// Whether it comes with Regal.
	Regal bool `json:"regal"`
}

// listRules gives every rule with its level under the request's settings.
func listRules(req request) (any, error) {
	made, err := linterFor(req)
	if err != nil {
		return nil, err
	}
	settings, err := made.configure(req)
	if err != nil {
		return nil, err
	}
	list := []ruleInfo{}
	for category, rules := range made.names {
		for name, rule := range rules {
			rule.Level = levelOf(req, settings.Rules[category][name].Level, category, name)
			list = append(list, rule)
		}
	}
	sort.Slice(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if a.Category != b.Category {
			return a.Category < b.Category
		}
		return a.Name < b.Name
	})
	return map[string]any{"rules": list}, nil
}

// levelOf is data.regal.config.level_for_rule: flags stand above the settings.
func levelOf(req request, configured, category, name string) string {
	byName, byCategory := slices.Contains(req.Enable, name), slices.Contains(req.EnableCategories, category)
	switch {
	case slices.Contains(req.Disable, name),
		req.DisableAll && !byCategory && !byName,
		slices.Contains(req.DisableCategories, category) && !byName:
		return "ignore"
	case byName, byCategory, req.EnableAll && !slices.Contains(req.DisableCategories, category), configured == "":
		return "error"
	}
	return configured
}

// describe notes the rule that a module is, if it is one: regal.rules.<category>.<name>, below `custom` or not.
func (made *linter) describe(module *ast.Module, docs string) {
	path := textOf(module.Package.Path)[1:]
	own := len(path) > 0 && path[0] == "custom"
	if own {
		path = path[1:]
	}
	if len(path) != 4 || path[0] != "regal" || path[1] != "rules" {
		return
	}
	rule := ruleInfo{Category: path[2], Name: path[3], Regal: !own}
	for _, annotations := range module.Annotations {
		if annotations.Scope != "package" {
			continue
		}
		rule.Description = strings.TrimSpace(annotations.Description)
		for _, resource := range annotations.RelatedResources {
			rule.URL = resource.Ref.String()
		}
	}
	if docs != "" {
		rule.URL = docs + "/" + rule.Category + "/" + rule.Name
	}
	if made.names[rule.Category] == nil {
		made.names[rule.Category] = map[string]ruleInfo{}
	}
	made.names[rule.Category][rule.Name] = rule
}
