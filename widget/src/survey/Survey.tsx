/** Surveys: filled in with the contract of server/contracts/surveys.schema.json. */
import type { VNode } from 'preact';
import type { App } from '../main';
import css from './survey.css?inline';

export const mount = (_app: App) => ({ show: async (_surveyId: string, _impressionId?: string) => {} });

export const inlineSurvey = async (_app: App, _surveyId: string): Promise<[() => VNode | null, string]> => [
  () => null,
  css,
];
