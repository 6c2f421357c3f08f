/** What PostgreSQL 15 and 18 know of themselves, and what is to be thought of it. */
export type { FunctionCategory, Volatility } from './function-categories.ts';
export { lookupFunction, type CatalogueFunction } from './functions.ts';
export { lookupOperator, type CatalogueOperator } from './operators.ts';
export { lookupRelation, type CatalogueRelation, type RelationSensitivity } from './relations.ts';
export { lookupSetting, type CatalogueSetting, type SettingContext, type SettingRisk } from './settings.ts';
export { lookupType, type CatalogueType } from './types.ts';
