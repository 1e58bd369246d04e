// One service on a stage of its own, under a new name for each test, and its deployments.
import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { ServiceView } from '../../src/contract/views.js';
import { body, Stage } from './stage.js';

export interface ServiceScene {
  readonly stage: Stage;
  readonly name: string;
  view: () => Promise<ServiceView>;
  /** A deployment of the service, to its end. Later ones are newer. */
  deploy: (sequence: number, config?: object) => Promise<string>;
  begin: (sequence: number, config?: object) => Promise<string>;
}

/** Once per file, at its top: it opens the stage, and sees after each test that nothing is left. */
export function serviceScene(): ServiceScene {
  let stage: Stage;
  let name: string;
  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage.stop());
  beforeEach(async () => {
    name = stage.name('shop');
    stage.allGoesWell();
    await stage.gate({ limit: 100 });
  });
  afterEach(async () => {
    expect(await stage.clear()).toEqual([]);
  });
  return {
    get stage() {
      return stage;
    },
    get name() {
      return name;
    },
    view: () => stage.service(name),
    async deploy(sequence, config) {
      const id = stage.name(`v${sequence}`);
      const { state } = await stage.runWithSequence(id, sequence, body(name, config));
      expect(state).toMatchObject({ status: 'completed', release: id });
      return id;
    },
    async begin(sequence, config) {
      const id = stage.name(`v${sequence}`);
      await stage.startWithSequence(id, sequence, body(name, config));
      return id;
    },
  };
}
