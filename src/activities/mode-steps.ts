import type { CheckInput, CheckResult, InstallInput } from '../contract/steps.js';

/** The steps of a mode. No mode depends on another. */
export interface ModeSteps {
  /** Checks whether the mode can run this project, and with which environment. Changes nothing. */
  check: (input: CheckInput) => Promise<CheckResult>;
  /** Completes the environment of that key. Repeatable. */
  install: (input: InstallInput) => Promise<void>;
}
