// Builds typed search attributes, by which the Web UI and lists find deployments and services.
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  type SearchAttributePair,
} from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../contract/names.js';

type Attribute = keyof typeof SEARCH_ATTRIBUTES;

/** Returns pairs for the given values. The other attributes stay unchanged. */
export function attributePairs(values: Partial<Record<Attribute, string>>): SearchAttributePair[] {
  return (Object.keys(SEARCH_ATTRIBUTES) as Attribute[]).flatMap((name) => {
    const value = values[name];
    const key = defineSearchAttributeKey(SEARCH_ATTRIBUTES[name], SearchAttributeType.KEYWORD);
    return value === undefined ? [] : [{ key, value }];
  });
}

export const attributes = (values: Partial<Record<Attribute, string>>): TypedSearchAttributes =>
  new TypedSearchAttributes(attributePairs(values));
