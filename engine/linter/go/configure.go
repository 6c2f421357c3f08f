package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"dario.cat/mergo"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/storage"
	regal "github.com/styrainc/regal/bundle"
	"github.com/styrainc/regal/pkg/config"
	"gopkg.in/yaml.v3"
)

// configure merges the settings (the user's over Sallyport's over Regal's own) and gives them to the rules. Requests of
// one run have the same ones: they are merged once.
func (made *linter) configure(req request) (*config.Config, error) {
	req.Modules, req.Aggregates, req.IgnoreDirectives = nil, nil, nil
	req.Operation, req.Collect = "", false
	key, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	if made.settings != nil && string(key) == made.settingsOf {
		return made.settings, nil
	}
	settings, err := made.reconfigure(req)
	if err != nil {
		return nil, err
	}
	made.settings, made.settingsOf = settings, string(key)
	return settings, nil
}

func (made *linter) reconfigure(req request) (*config.Config, error) {
	made.settings = nil
	settings, err := mergeSettings(req)
	if err != nil {
		return nil, err
	}
	if err := made.checkNames(settings, req); err != nil {
		return nil, err
	}
	data, err := dataFor(req, settings)
	if err != nil {
		return nil, err
	}
	return settings, made.write(data)
}

// dataFor gives what rules read as data beside Regal's own: settings, flags, and what the host hands to them.
func dataFor(req request, settings *config.Config) (map[string]any, error) {
	handed := map[string]any{}
	if len(req.Data) > 0 {
		if err := json.Unmarshal(req.Data, &handed); err != nil {
			return nil, err
		}
	}
	library, err := namesOf(req.Library)
	if err != nil {
		return nil, err
	}
	if len(library) > 0 {
		handed["library"] = library
	}
	capabilities, err := toMap(config.CapabilitiesForThisVersion())
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"eval": map[string]any{"params": map[string]any{
			"disable_all":      req.DisableAll,
			"disable_category": nonNil(req.DisableCategories),
			"disable":          nonNil(req.Disable),
			"enable_all":       req.EnableAll,
			"enable_category":  nonNil(req.EnableCategories),
			"enable":           nonNil(req.Enable),
			"ignore_files":     nonNil(req.IgnoreFiles),
		}},
		"internal": map[string]any{
			"combined_config": config.ToMap(*settings),
			"capabilities":    capabilities,
			"path_prefix":     req.PathPrefix,
		},
		"sallyport": handed,
	}, nil
}

func (made *linter) write(values map[string]any) error {
	ctx := context.Background()
	return storage.Txn(ctx, made.store, storage.WriteParams, func(txn storage.Transaction) error {
		for name, value := range values {
			if err := made.store.Write(ctx, txn, storage.AddOp, storage.Path{name}, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// mergeSettings puts Sallyport's defaults into the place of Regal's own, so that the user's merge over them as they
// do over Regal's: rule by rule, with the defaults of categories and the global one.
func mergeSettings(req request) (*config.Config, error) {
	provided, err := config.LoadConfigWithDefaultsFromBundle(&regal.LoadedBundle, nil)
	if err != nil {
		return nil, err
	}
	defaults, err := readSettings(req.Defaults)
	if err != nil {
		return nil, fmt.Errorf("Sallyport's own settings: %w", err)
	}
	if defaults != nil {
		if err := mergo.Merge(&provided, defaults, mergo.WithOverride); err != nil {
			return nil, err
		}
	}
	user, err := readSettings(req.Config)
	if err != nil {
		return nil, &failure{Kind: "config", Message: err.Error()}
	}
	below, err := toMap(map[string]any{"rules": config.ToMap(provided)["rules"]})
	if err != nil {
		return nil, err
	}
	merged, err := config.LoadConfigWithDefaultsFromBundle(&bundle.Bundle{
		Data: map[string]any{"regal": map[string]any{"config": map[string]any{"provided": below}}},
	}, user)
	if err != nil {
		return nil, &failure{Kind: "config", Message: err.Error()}
	}
	return &merged, nil
}

func readSettings(text string) (*config.Config, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var settings config.Config
	err := yaml.Unmarshal([]byte(text), &settings)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &settings, nil
}

// checkNames refuses settings and flags of rules that do not exist: a misspelt name would change nothing, silently.
func (made *linter) checkNames(settings *config.Config, req request) error {
	unknown := map[string]bool{}
	hasRule := func(name string) bool {
		for _, rules := range made.names {
			if _, ok := rules[name]; ok {
				return true
			}
		}
		return false
	}
	for category, rules := range settings.Rules {
		if _, ok := made.names[category]; !ok {
			unknown["the category "+category] = true
			continue
		}
		for name := range rules {
			if _, ok := made.names[category][name]; !ok {
				unknown["the rule "+category+"/"+name] = true
			}
		}
	}
	for _, name := range append(append([]string{}, req.Enable...), req.Disable...) {
		if !hasRule(name) {
			unknown["the rule "+name] = true
		}
	}
	for _, category := range append(append([]string{}, req.EnableCategories...), req.DisableCategories...) {
		if _, ok := made.names[category]; !ok {
			unknown["the category "+category] = true
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	list := make([]string, 0, len(unknown))
	for name := range unknown {
		list = append(list, name)
	}
	sort.Strings(list)
	return &failure{Kind: "config", Message: "there is no " + strings.TrimPrefix(strings.Join(list, ", no "), "the ")}
}

func toMap(value any) (map[string]any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}
