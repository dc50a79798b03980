import { describe, expect, it } from 'vitest';
import { runScenario, type Scenario } from './scenario/run.js';

const files = import.meta.glob<Scenario>('../scenarios/*.json', { eager: true, import: 'default' });

describe('scenarios: manual keys, policies and packets, with the outcome from the text of the RFC', () => {
  it('are there', () => {
    expect(Object.keys(files).length).toBeGreaterThanOrEqual(30);
  });
  for (const [path, scenario] of Object.entries(files)) {
    it(`${path.replace(/^.*\//, '').replace('.json', '')}: ${scenario.title}`, () => {
      expect(scenario.rfc.length).toBeGreaterThan(0);
      runScenario(scenario);
    });
  }
});
