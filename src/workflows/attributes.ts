// Search attributes (contract §9), typed: what the Web UI and the list find deployments and services by.
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  type SearchAttributePair,
} from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../contract/names.js';

type Attribute = keyof typeof SEARCH_ATTRIBUTES;

/** Pairs of those that are given; the others stay as they are. */
export function attributePairs(values: Partial<Record<Attribute, string>>): SearchAttributePair[] {
  return (Object.keys(SEARCH_ATTRIBUTES) as Attribute[]).flatMap((name) => {
    const value = values[name];
    const key = defineSearchAttributeKey(SEARCH_ATTRIBUTES[name], SearchAttributeType.KEYWORD);
    return value === undefined ? [] : [{ key, value }];
  });
}

export const attributes = (values: Partial<Record<Attribute, string>>): TypedSearchAttributes =>
  new TypedSearchAttributes(attributePairs(values));
