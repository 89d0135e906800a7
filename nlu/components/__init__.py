"""Parts of Rasa's pipeline (config.yml) that know Vietnamese; they import only nlu.text and Rasa."""
