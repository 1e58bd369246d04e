import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Registration } from '../../../src/contract/messages.js';
import { SERVICE_KINDS, SERVICE_TYPES } from '../../../src/contract/states.js';
import { ailingBits, ailingNames, keptRegistration, registrationOf } from '../../../src/workflows/registry-record.js';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,62}$/);
const names = fc.uniqueArray(name, { maxLength: 100 });

describe('the record of the registry', () => {
  it('a recorded registration contains all of its fields', () => {
    const registration: fc.Arbitrary<Registration> = fc.record(
      {
        revision: fc.nat(),
        kind: fc.constantFrom(...SERVICE_KINDS),
        startAs: fc.constantFrom('web', 'worker'),
        type: fc.constantFrom(...SERVICE_TYPES),
        dependsOn: names,
        isolation: fc.constantFrom('any', 'container'),
        healthUrl: fc.webUrl(),
        hostId: name,
      },
      { requiredKeys: ['revision', 'kind', 'type', 'dependsOn'] },
    );
    fc.assert(
      fc.property(registration, (given) => {
        const kept = { name: 'shop', at: 0, registered: keptRegistration(given) };
        expect(registrationOf(JSON.parse(JSON.stringify(kept)) as typeof kept)).toEqual(given);
      }),
    );
  });

  it('the recorded unhealthy dependencies of a service are restored', () => {
    fc.assert(
      fc.property(names, fc.func(fc.boolean()), (dependsOn, isAiling) => {
        const ailing = dependsOn.filter((needed) => isAiling(needed));
        expect(ailingNames(ailingBits(ailing, dependsOn), dependsOn)).toEqual(ailing);
      }),
    );
  });

  it('a recorded unhealthy service that is no longer a dependency is restored as unknown', () => {
    const bits = ailingBits(['gone'], ['shop']);
    expect(ailingNames(bits, ['shop'])).toBeUndefined();
    expect(bits).not.toBe(ailingBits(['shop'], ['shop']));
    expect(bits).not.toBe(ailingBits([], ['shop']));
  });
});
