/** What a callback is asked for with, and the steps of a running one; loaded when it is to be seen. */
export { CallForm } from './CallForm';
export { CallTab, createExpectation } from './CallTab';
export { default as css } from './call.css?inline';
export { PhoneField } from './PhoneField';
